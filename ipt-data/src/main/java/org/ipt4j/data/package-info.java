/** Pixels: image files, degradations, patches, metrics. */
package org.ipt4j.data;
