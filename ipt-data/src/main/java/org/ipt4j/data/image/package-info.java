/**
 * Images and their files: reading and writing, pixels, resizing, and images in folders, archives
 * and lists. Values are 0..255 everywhere in this module.
 */
package org.ipt4j.data.image;
