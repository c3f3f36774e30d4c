/** Training: steps, checkpoints, resume. */
package org.ipt4j.training;
