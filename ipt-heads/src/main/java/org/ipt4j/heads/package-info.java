/** Heads, which turn a degraded image into features. */
package org.ipt4j.heads;
