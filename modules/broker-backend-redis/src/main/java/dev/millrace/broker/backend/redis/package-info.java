/** The Redis and Valkey backend. */
package dev.millrace.broker.backend.redis;
