package dev.millrace.broker.guard.jdbc;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.BrokerClock;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;

/**
 * Makes each message's effect in a database once for each group. Delivery is at least once: a
 * handler runs again when its process died between its commit and the acknowledgement. Here the
 * effect and a marker for (stream, group, message id) are committed in one transaction, and who
 * finds the marker does nothing.
 *
 * <pre>{@code
 * var effects = JdbcEffects.on(dataSource);
 * effects.createTable();
 * manager.createConsumer("booker", "orders", (message, delivery) -> {
 *   effects.once(delivery, connection -> book(connection, message));
 *   return Outcome.done();
 * });
 * }</pre>
 *
 * <p>Two attempts at once, a stale one and the new owner's: the database lets the second wait for
 * the first one's commit or roll-back (or gives up waiting, which is an error like any other, and
 * the message comes again). Fencing tokens are not looked at: whichever attempt commits first makes
 * the effect.
 *
 * <p>Immutable and thread-safe; it holds no connection between calls. Methods block as the database
 * does.
 */
public final class JdbcEffects {
  /** The table's name unless another is given. */
  public static final String TABLE = "millrace_effects";

  private final DataSource source;
  private final MarkerTable table;
  private final BrokerClock clock;

  private JdbcEffects(DataSource source, MarkerTable table, BrokerClock clock) {
    this.source = source;
    this.table = table;
    this.clock = clock;
  }

  /** With markers in the table {@value #TABLE} of this database. */
  public static JdbcEffects on(DataSource source) {
    return new JdbcEffects(source, new MarkerTable(TABLE), BrokerClock.system());
  }

  /**
   * With markers in another table.
   *
   * @param name letters, digits and {@code _}, up to 51 characters, not beginning with a digit;
   *     with a schema and a dot before it or not
   * @throws InvalidConfigException if it is none
   */
  public JdbcEffects table(String name) {
    return new JdbcEffects(source, new MarkerTable(name), clock);
  }

  /** With another clock, which dates the markers; default: the system's. */
  public JdbcEffects clock(BrokerClock other) {
    return new JdbcEffects(source, table, other);
  }

  /** The statements that make the table, for those who keep their schema in files. */
  public List<String> ddl() {
    return table.ddl();
  }

  /** Makes the table where it does not exist. Idempotent; several processes may do it at once. */
  public void createTable() throws SQLException {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(true);
      table.create(connection);
    }
  }

  /**
   * Makes the effect in a transaction of its own, unless it was made before for this message and
   * group. On return it is committed. When the work throws, neither effect nor marker is left.
   *
   * <p>The transaction has the data source's isolation. The work must not do what commits by itself
   * (on MySQL: DDL).
   *
   * @return false if it was made before, and the work was not called
   * @throws SQLException as the database failed. Where the commit's answer was lost it may have
   *     taken effect: the next attempt finds out
   * @throws X as the work did
   */
  public <X extends Exception> boolean once(Delivery delivery, SqlWork<X> work)
      throws SQLException, X {
    try (Connection connection = source.getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      boolean first;
      try {
        first = first(connection, delivery);
        if (first) {
          work.run(connection);
        }
        connection.commit();
      } catch (Throwable failed) {
        undo(connection, autoCommit, failed);
        throw failed;
      }
      connection.setAutoCommit(autoCommit);
      return first;
    }
  }

  private static void undo(Connection connection, boolean autoCommit, Throwable failed) {
    try {
      connection.rollback();
      connection.setAutoCommit(autoCommit);
    } catch (SQLException too) {
      failed.addSuppressed(too);
    }
  }

  /**
   * Puts the marker into a transaction that the application ends: whoever gets true makes the
   * effect in the same transaction and commits, whoever gets false does nothing.
   *
   * @return false if the effect was made before
   * @throws InvalidStateException if the connection commits by itself
   */
  public boolean first(Connection connection, Delivery delivery) throws SQLException {
    if (connection.getAutoCommit()) {
      throw new InvalidStateException(
          "guard an effect",
          table.name(),
          "the connection commits each statement by itself",
          "Begin a transaction on it: connection.setAutoCommit(false)");
    }
    return table.insert(connection, Marker.of(delivery), clock.now().toEpochMilli());
  }

  /**
   * Removes markers. One that is gone protects no more: keep them for longer than a message may
   * take to come back, its time in the dead letters included.
   *
   * @param age older ones go; above zero
   * @return how many
   */
  public long forgetOlderThan(Duration age) throws SQLException {
    if (age.isNegative() || age.isZero()) {
      throw new InvalidConfigException(
          "forget markers", table.name(), List.of("age " + age + " is not above zero"));
    }
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(true);
      return table.deleteBefore(connection, clock.now().minus(age).toEpochMilli());
    }
  }
}
