/** Streams and live events on Redis: the wire format, appending, declaring, publishing. */
package dev.millrace.broker.backend.redis.internal.log;
