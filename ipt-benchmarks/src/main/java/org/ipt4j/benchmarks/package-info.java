/**
 * Speed and memory, measured beside what users would take instead, and the paper's claims, tried at
 * a small size. Never published.
 */
package org.ipt4j.benchmarks;
