/**
 * How near restored images are to the clean ones: metrics, test sets and what is measured on them.
 */
package org.ipt4j.data.measure;
