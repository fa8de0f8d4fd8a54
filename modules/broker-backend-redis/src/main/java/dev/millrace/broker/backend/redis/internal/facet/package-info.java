/** The optional parts of the Redis backend. */
package dev.millrace.broker.backend.redis.internal.facet;
