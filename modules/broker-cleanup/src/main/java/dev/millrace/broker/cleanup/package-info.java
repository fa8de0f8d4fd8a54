/** Retention: what may go from a stream, and the schedulers that trim it. */
package dev.millrace.broker.cleanup;
