/** Arrays, parameters, gradients: the tape and its operations. */
package org.ipt4j.core;
