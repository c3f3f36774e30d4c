/** DL4J's training UI as a {@link org.ipt4j.training.TrainingUi}. */
package org.ipt4j.ui;
