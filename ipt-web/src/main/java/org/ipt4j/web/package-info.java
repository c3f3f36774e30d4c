/** A page to restore photographs on, its server, and what that offers to programs. */
package org.ipt4j.web;
