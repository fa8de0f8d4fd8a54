/**
 * Benchmarks: Millrace and a hand-written Lettuce loop take turns on one server, and only their
 * ratio is told.
 */
package dev.millrace.broker.bench;
