/** A broker in memory for tests. */
package dev.millrace.broker.test;
