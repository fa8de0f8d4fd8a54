/** A redis-server of one's own for as long as the program runs. */
package dev.millrace.app.redis;
