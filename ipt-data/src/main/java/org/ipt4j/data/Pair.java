package org.ipt4j.data;

/** A degraded image and the clean one it was made of. */
record Pair(Image degraded, Image clean) {}
