/**
 * IPT4J on a cluster of Apache Spark: restoring and measuring many images, and training in rounds
 * ({@link org.ipt4j.training.Rounds}). Files are read and written through Hadoop's {@code
 * FileSystem}, so that a folder may be {@code file:}, {@code hdfs:} or {@code s3a:}.
 */
package org.ipt4j.spark;
