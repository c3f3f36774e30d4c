/**
 * Pixels: images and their files, degradations by name, training patches, metrics. An image has
 * values 0..255 everywhere in this package.
 */
package org.ipt4j.data;
