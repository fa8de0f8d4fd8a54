/**
 * Guards a handler's effect in a database; see {@link dev.millrace.broker.guard.jdbc.JdbcEffects}.
 */
package dev.millrace.broker.guard.jdbc;
