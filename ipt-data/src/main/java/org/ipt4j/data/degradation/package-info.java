/** What damages images, by name: a {@code Degradation} makes of a clean image the degraded one. */
package org.ipt4j.data.degradation;
