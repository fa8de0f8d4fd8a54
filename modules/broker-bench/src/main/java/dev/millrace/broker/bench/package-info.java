/** Benchmarks. */
package dev.millrace.broker.bench;
