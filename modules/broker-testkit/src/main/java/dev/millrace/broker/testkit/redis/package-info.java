/**
 * Real Redis servers for tests: found or started, killed, stalled and restarted at will. Nothing
 * here uses a Redis client library, so that any module can look at a server from beside the
 * product.
 */
package dev.millrace.broker.testkit.redis;
