/** Commands for people. */
package org.ipt4j.cli;
