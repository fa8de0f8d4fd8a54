/** How Redis is reached: URLs, connections, scripts, and what error replies mean. */
package dev.millrace.broker.backend.redis.internal.connection;
