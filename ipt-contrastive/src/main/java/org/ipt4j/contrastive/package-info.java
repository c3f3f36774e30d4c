/** The contrastive loss on decoder tokens. */
package org.ipt4j.contrastive;
