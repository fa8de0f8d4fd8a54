package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.guard.jdbc.JdbcEffects;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.awaitility.Awaitility;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.tools.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fault 10: a worker is killed between its commit and the acknowledgement. */
class EffectOnceTest {
  private static final int ORDERS = 40;
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void effectIsMadeOnceThoughItsWorkerDiesBeforeItAcknowledges(@TempDir Path folder)
      throws Exception {
    Server database = Server.createTcpServer("-tcpPort", "0").start();
    try (var redis = RedisServer.startOwn();
        Connection bookings = open("jdbc:h2:mem:shop")) {
      String url = "jdbc:h2:tcp://localhost:" + database.getPort() + "/mem:shop";
      Set<String> accepted = send(redis);
      int killed = 0;
      for (int round = 0; round < 2; round++) {
        ChildJvm doomed = booker(redis, url, "stall", folder.resolve("doomed-" + round));
        // All four slots have committed and stand still before they acknowledge.
        Awaitility.await()
            .atMost(SOON)
            .until(() -> doomed.lines().stream().filter(Booked::isEnd).count() == 4);
        killed += (int) doomed.lines().stream().filter(line -> line.startsWith("booked ")).count();
        doomed.close();
      }
      try (ChildJvm heir = booker(redis, url, "work", folder.resolve("heir"))) {
        Awaitility.await()
            .atMost(SOON)
            .until(() -> redis.number("XLEN", "orders") == ORDERS && done(redis));
        long known = heir.lines().stream().filter(line -> line.startsWith("known ")).count();
        System.out.println(
            "effects made and not acknowledged: " + killed + ", seen again: " + known);
        assertTrue(killed >= 4, "nothing was killed between commit and acknowledgement");
        assertEquals(killed, known, "each of them comes again and is known");
      }
      assertEquals(ORDERS, rows(bookings, "bookings"), "one effect for each message");
      assertEquals(accepted, ids(bookings));
    } finally {
      database.stop();
    }
  }

  private static final class Booked {
    static boolean isEnd(String line) {
      return line.startsWith("booked ") || line.startsWith("known ");
    }
  }

  private static ChildJvm booker(RedisServer redis, String url, String mode, Path output) {
    return ChildJvm.of(Booker.class).args(redis.url(), url, "orders", mode).start(output);
  }

  private static Connection open(String url) throws SQLException {
    var pool = JdbcConnectionPool.create(url + ";DB_CLOSE_DELAY=-1", "", "");
    Connection connection = pool.getConnection();
    try (var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE bookings (order_id VARCHAR(99))");
    }
    JdbcEffects.on(pool).createTable();
    return connection;
  }

  private static Set<String> send(RedisServer redis) {
    var ids = new HashSet<String>();
    try (var manager = StreamManager.connect(redis.url())) {
      manager.createSimpleProducer("p", "orders");
      for (int i = 0; i < ORDERS; i++) {
        ids.add(manager.send("p", Fields.of("n", i)).id());
      }
    }
    return ids;
  }

  private static boolean done(RedisServer redis) {
    Object group = ((java.util.List<?>) redis.command("XINFO", "GROUPS", "orders")).getFirst();
    var values = (java.util.List<?>) group;
    return number(values, "pending") == 0 && number(values, "lag") == 0;
  }

  private static long number(java.util.List<?> values, String name) {
    for (int i = 0; i + 1 < values.size(); i += 2) {
      if (String.valueOf(values.get(i)).equals(name)) {
        return Long.parseLong(String.valueOf(values.get(i + 1)));
      }
    }
    throw new AssertionError("no " + name + " in " + values);
  }

  private static long rows(Connection connection, String table) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT COUNT(*) FROM " + table)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static Set<String> ids(Connection connection) throws SQLException {
    var ids = new HashSet<String>();
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT order_id FROM bookings")) {
      while (rows.next()) {
        ids.add(rows.getString(1));
      }
    }
    return ids;
  }
}
