package org.ipt4j.data.image;

/**
 * How large an image is.
 *
 * @param height H
 * @param width W
 */
public record ImageSize(int height, int width) {}
