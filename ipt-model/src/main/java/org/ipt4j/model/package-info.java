/** The whole network, its weights, and the restoration of whole images. */
package org.ipt4j.model;
