/** Degradations by name: a {@code Degradation} makes a degraded image from a clean one. */
package org.ipt4j.data.degradation;
