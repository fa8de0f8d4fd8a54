/** Producers and the consumer engine. */
package dev.millrace.broker.streams;
