/**
 * Measures how close restored images come to the clean ones: metrics, test sets and evaluations.
 */
package org.ipt4j.data.measure;
