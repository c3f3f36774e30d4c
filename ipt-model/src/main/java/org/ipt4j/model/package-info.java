/** The whole network, its weights, and restoring of whole images. */
package org.ipt4j.model;
