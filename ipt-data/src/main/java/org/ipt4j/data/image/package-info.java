/**
 * Images and their files: reading and writing of pictures, pixels, resizing, and lists of images in
 * folders and archives. An image has values 0..255 everywhere in this module.
 */
package org.ipt4j.data.image;
