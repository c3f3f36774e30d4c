/** How the library is used: each class is a program of less than a page, which the build runs. */
package org.ipt4j.examples;
