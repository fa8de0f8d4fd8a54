/**
 * Producers and consumers of streams. A consumer's life of a message: the backend's reader delivers
 * it as credit allows, it waits for a free slot, a virtual thread runs the handler while the lease
 * is renewed, and the outcome is settled in a batch with others.
 */
package dev.millrace.broker.streams;
