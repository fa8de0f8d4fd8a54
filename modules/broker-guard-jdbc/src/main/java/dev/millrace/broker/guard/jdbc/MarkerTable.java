package dev.millrace.broker.guard.jdbc;

import dev.millrace.broker.api.InvalidConfigException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Pattern;

/** The statements on the table of markers. Plain SQL that H2, PostgreSQL and MySQL share. */
record MarkerTable(String name) {
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,50}(\\.[A-Za-z_][A-Za-z0-9_]{0,50})?");

  /** SQL's class of violated constraints, and in it what most say of a key that is there. */
  private static final String CONSTRAINT = "23";

  private static final String UNIQUE = "23505";

  /** Checks the name, which becomes part of statements. */
  MarkerTable {
    if (!NAME.matcher(name).matches()) {
      throw new InvalidConfigException(
          "guard effects",
          List.of(
              "table name '"
                  + dev.millrace.broker.api.Names.printable(name)
                  + "' is not usable; use letters, digits and _, with a schema and a dot before"
                  + " it or not"));
    }
  }

  List<String> ddl() {
    String index = name.substring(name.indexOf('.') + 1) + "_at";
    return List.of(
        "CREATE TABLE "
            + name
            + " (marker CHAR(64) NOT NULL PRIMARY KEY, stream_name VARCHAR(255) NOT NULL,"
            + " group_name VARCHAR(255) NOT NULL, message_id VARCHAR(255) NOT NULL,"
            + " made_at BIGINT NOT NULL)",
        "CREATE INDEX " + index + " ON " + name + " (made_at)");
  }

  void create(Connection connection) throws SQLException {
    if (exists(connection)) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      for (String each : ddl()) {
        statement.execute(each);
      }
    } catch (SQLException failed) {
      // Another process may have been quicker.
      if (!exists(connection)) {
        throw failed;
      }
    }
  }

  private boolean exists(Connection connection) {
    try (Statement statement = connection.createStatement();
        ResultSet none = statement.executeQuery("SELECT marker FROM " + name + " WHERE 1 = 0")) {
      return !none.next();
    } catch (SQLException absent) {
      // SQL has no common code for it; what else is wrong shows when the table is made.
      return false;
    }
  }

  /**
   * Puts the marker in; false if it is there already. Of two transactions that try at once the
   * database lets one wait until the other has ended.
   */
  boolean insert(Connection connection, Marker marker, long now) throws SQLException {
    // PostgreSQL gives a whole transaction up after an error, unless it goes back to a savepoint.
    Savepoint before = connection.setSavepoint();
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO "
                + name
                + " (marker, stream_name, group_name, message_id, made_at)"
                + " VALUES (?, ?, ?, ?, ?)")) {
      insert.setString(1, marker.digest());
      insert.setString(2, marker.stream());
      insert.setString(3, marker.group());
      insert.setString(4, marker.id());
      insert.setLong(5, now);
      insert.executeUpdate();
    } catch (SQLException failed) {
      if (!violatesConstraint(failed)) {
        throw failed;
      }
      connection.rollback(before);
      if (!UNIQUE.equals(failed.getSQLState()) && !contains(connection, marker)) {
        throw failed;
      }
      return false;
    }
    connection.releaseSavepoint(before);
    return true;
  }

  private static boolean violatesConstraint(SQLException error) {
    String state = error.getSQLState();
    return state != null && state.startsWith(CONSTRAINT);
  }

  private boolean contains(Connection connection, Marker marker) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT 1 FROM " + name + " WHERE marker = ?")) {
      select.setString(1, marker.digest());
      try (ResultSet found = select.executeQuery()) {
        return found.next();
      }
    }
  }

  long deleteBefore(Connection connection, long millis) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM " + name + " WHERE made_at < ?")) {
      delete.setLong(1, millis);
      return delete.executeUpdate();
    }
  }
}
