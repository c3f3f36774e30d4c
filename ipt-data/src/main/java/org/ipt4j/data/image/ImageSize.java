package org.ipt4j.data.image;

/**
 * The size of an image.
 *
 * @param height H
 * @param width W
 */
public record ImageSize(int height, int width) {}
