/** The pretrained models that come with the library ({@link org.ipt4j.pretrained.Pretrained}). */
package org.ipt4j.pretrained;
