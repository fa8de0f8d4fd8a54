/**
 * One effect for each message and group: a handler writes to a database, and what says that it has
 * done so is committed in the same transaction.
 */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.guard.jdbc {
  requires transitive dev.millrace.broker.api;
  requires transitive java.sql;
  requires static org.jspecify;

  exports dev.millrace.broker.guard.jdbc;
}
