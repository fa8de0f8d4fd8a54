/** The in-memory backend. */
package dev.millrace.broker.backend.memory;
