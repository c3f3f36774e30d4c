/**
 * Files of named tensors, which know no network and no array library: numbers cross this package's
 * border as Java arrays, row by row.
 */
package org.ipt4j.weights;
