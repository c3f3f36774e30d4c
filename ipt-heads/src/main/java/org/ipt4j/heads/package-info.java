/** Heads: degraded image to features. */
package org.ipt4j.heads;
