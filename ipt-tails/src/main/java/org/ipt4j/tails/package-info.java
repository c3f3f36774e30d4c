/** Tails, which turn features into the restored image. */
package org.ipt4j.tails;
