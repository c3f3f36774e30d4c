/** Commands for people. */
package org.ipt4j.examples;
