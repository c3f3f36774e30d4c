/**
 * Commands for people. Public is what commands for a cluster share with them: options, and how
 * results are named and written.
 */
package org.ipt4j.cli;
