/** Tails: features to restored image. */
package org.ipt4j.tails;
