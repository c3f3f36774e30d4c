/** Speed and memory, measured beside what users would take instead. Never published. */
package org.ipt4j.benchmarks;
