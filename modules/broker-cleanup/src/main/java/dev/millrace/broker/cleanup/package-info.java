/** Retention. */
package dev.millrace.broker.cleanup;
