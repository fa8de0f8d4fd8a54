package dev.millrace.broker.guard.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * What a handler does to the database.
 *
 * @param <X> what else it may throw; nothing checked where the compiler infers it
 */
@FunctionalInterface
public interface SqlWork<X extends Exception> {
  /**
   * Makes the effect.
   *
   * @param connection in a transaction that the caller ends: neither commit, roll back nor close it
   */
  void run(Connection connection) throws SQLException, X;
}
