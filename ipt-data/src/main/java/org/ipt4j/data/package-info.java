/**
 * Pixels: images and their files, degradations by name, training patches, metrics, test sets and
 * what is measured on them. An image has values 0..255 everywhere in this package.
 */
package org.ipt4j.data;
