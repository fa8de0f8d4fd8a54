/**
 * What applications test with: a broker in memory under a clock that only the test moves, by hand
 * ({@link dev.millrace.broker.test.InMemoryBroker}) or given by JUnit ({@link
 * dev.millrace.broker.test.MillraceTest}).
 */
package dev.millrace.broker.test;
