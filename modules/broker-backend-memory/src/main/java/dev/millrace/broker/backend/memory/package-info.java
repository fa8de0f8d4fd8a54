/**
 * The in-memory backend. {@link dev.millrace.broker.backend.memory.MemoryBackendProvider} opens it
 * by the URLs {@code memory:} and {@code memory:NAME}, {@link
 * dev.millrace.broker.backend.memory.MemoryBackend} by hand, and {@link
 * dev.millrace.broker.backend.memory.VirtualClock} makes its time stand still for tests.
 */
package dev.millrace.broker.backend.memory;
