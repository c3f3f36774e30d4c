/** The shared encoder and decoder. */
package org.ipt4j.transformer;
