package dev.millrace.broker.guard.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.testkit.LoneAttempt;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JdbcEffectsTest {
  private final Source source =
      Source.at("jdbc:h2:mem:" + UUID.randomUUID() + ";LOCK_TIMEOUT=20000");
  // Threads of the system: one that finds a row taken spins in H2 until the row's owner has ended,
  // and a virtual one that spins may keep the owner from running.
  private final ExecutorService threads = Executors.newFixedThreadPool(32);
  private Connection keepsItAlive;
  private JdbcEffects effects;

  @BeforeEach
  void makeTables() throws SQLException {
    keepsItAlive = source.getConnection();
    try (var statement = keepsItAlive.createStatement()) {
      statement.execute("CREATE TABLE bookings (order_id VARCHAR(999))");
    }
    effects = JdbcEffects.on(source);
    effects.createTable();
  }

  @AfterEach
  void close() throws SQLException {
    threads.shutdownNow();
    keepsItAlive.close();
  }

  private static void book(Connection connection, Delivery delivery) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO bookings VALUES (?)")) {
      insert.setString(1, delivery.message().id());
      insert.executeUpdate();
    }
  }

  private boolean once(JdbcEffects by, Delivery delivery) throws SQLException {
    return by.once(delivery, connection -> book(connection, delivery));
  }

  private boolean once(Delivery delivery) throws SQLException {
    return once(effects, delivery);
  }

  private long count(String table) throws SQLException {
    try (var connection = source.getConnection();
        var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT COUNT(*) FROM " + table)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  @Test
  void effectIsMadeOnceHoweverOftenTheMessageComes() throws SQLException {
    assertTrue(once(LoneAttempt.at("o-1")));
    assertFalse(once(LoneAttempt.at("o-1")));
    assertFalse(once(LoneAttempt.at("o-1")));
    assertEquals(1, count("bookings"));
  }

  @Test
  void attemptWithALowerTokenThatCommitsFirstMakesTheEffect() throws SQLException {
    assertTrue(once(LoneAttempt.at("o-1").withToken(7)));
    assertFalse(once(LoneAttempt.at("o-1").withToken(8)));
    assertFalse(once(LoneAttempt.at("o-1").withToken(6)));
    assertEquals(1, count("bookings"));
  }

  @Test
  void groupsAndStreamsHaveEffectsOfTheirOwn() throws SQLException {
    assertTrue(once(LoneAttempt.at("o-1")));
    assertTrue(once(new LoneAttempt("orders", "audit", "o-1", 1)));
    assertTrue(once(new LoneAttempt("returns", "billing", "o-1", 1)));
    assertEquals(3, count("bookings"));
  }

  @Test
  void idsThatADatabaseMightTakeForOneAreTwo() throws SQLException {
    String longId = "x".repeat(400);
    for (String id : List.of("a", "A", "ä", longId + "1", longId + "2")) {
      assertTrue(once(effects, LoneAttempt.at(id).withToken(1)), id);
    }
    assertTrue(once(new LoneAttempt("a", "bc", "d", 1)));
    assertTrue(once(new LoneAttempt("ab", "c", "d", 1)));
  }

  @Test
  void workThatFailsLeavesNeitherEffectNorMarker() throws SQLException {
    Delivery delivery = LoneAttempt.at("o-1");
    var thrown =
        assertThrows(
            java.io.IOException.class,
            () ->
                effects.<java.io.IOException>once(
                    delivery,
                    connection -> {
                      book(connection, delivery);
                      throw new java.io.IOException("no");
                    }));
    assertEquals("no", thrown.getMessage());
    assertEquals(0, count("bookings"));
    assertEquals(0, count("millrace_effects"));
    assertTrue(once(delivery));
  }

  @Test
  void constraintThatTheWorkViolatesIsNotTakenForAMarker() throws SQLException {
    try (var statement = keepsItAlive.createStatement()) {
      statement.execute("ALTER TABLE bookings ADD UNIQUE (order_id)");
    }
    assertTrue(once(LoneAttempt.at("o-1")));
    assertThrows(SQLException.class, () -> once(new LoneAttempt("orders", "audit", "o-1", 1)));
    assertEquals(1, count("millrace_effects"));
  }

  @Test
  void tableWithAnotherConstraintIsAnErrorAndNotAnEffectMadeBefore() throws SQLException {
    try (var statement = keepsItAlive.createStatement()) {
      statement.execute("ALTER TABLE millrace_effects ADD COLUMN owner VARCHAR(9) NOT NULL");
    }
    assertThrows(SQLException.class, () -> once(LoneAttempt.at("o-1")));
  }

  @Test
  void ofTwoAttemptsAtOnceTheSecondWaitsAndThenDoesNothing() throws Exception {
    Delivery stale = LoneAttempt.at("o-1");
    var working = new CountDownLatch(1);
    var mayCommit = new CountDownLatch(1);
    Future<Boolean> first =
        threads.submit(
            () ->
                effects.<InterruptedException>once(
                    stale,
                    connection -> {
                      book(connection, stale);
                      working.countDown();
                      mayCommit.await();
                    }));
    working.await();
    Future<Boolean> second = threads.submit(() -> once(LoneAttempt.at("o-1").withToken(2)));
    assertFalse(second.isDone());
    mayCommit.countDown();
    assertTrue(first.get());
    assertFalse(second.get());
    assertEquals(1, count("bookings"));
  }

  @Test
  void ofTwoAttemptsAtOnceTheSecondMakesTheEffectWhenTheFirstFails() throws Exception {
    Delivery stale = LoneAttempt.at("o-1");
    var working = new CountDownLatch(1);
    var mayFail = new CountDownLatch(1);
    Future<Boolean> first =
        threads.submit(
            () ->
                effects.<Exception>once(
                    stale,
                    connection -> {
                      book(connection, stale);
                      working.countDown();
                      mayFail.await();
                      throw new IllegalStateException("too late");
                    }));
    working.await();
    Future<Boolean> second = threads.submit(() -> once(LoneAttempt.at("o-1").withToken(2)));
    mayFail.countDown();
    assertTrue(second.get());
    assertThrows(Exception.class, first::get);
    assertEquals(1, count("bookings"));
  }

  @Test
  void manyAttemptsAtManyMessagesMakeOneEffectForEach() throws Exception {
    var attempts = new ArrayList<Callable<Boolean>>();
    for (int i = 0; i < 400; i++) {
      Delivery delivery = LoneAttempt.at("o-" + i % 50);
      attempts.add(() -> once(delivery));
    }
    long made = 0;
    for (Future<Boolean> each : threads.invokeAll(attempts)) {
      made += each.get() ? 1 : 0;
    }
    assertEquals(50, made);
    assertEquals(50, count("bookings"));
    assertEquals(50, count("(SELECT DISTINCT order_id FROM bookings)"));
  }

  @Test
  void applicationsOwnTransactionCarriesTheMarker() throws SQLException {
    Delivery delivery = LoneAttempt.at("o-1");
    try (Connection mine = source.getConnection()) {
      mine.setAutoCommit(false);
      assertTrue(effects.first(mine, delivery));
      book(mine, delivery);
      mine.rollback();
      assertTrue(effects.first(mine, delivery));
      book(mine, delivery);
      mine.commit();
      assertFalse(effects.first(mine, delivery));
      // What was done in the same transaction is still there to be committed.
      book(mine, LoneAttempt.at("o-2"));
      mine.commit();
    }
    assertEquals(2, count("bookings"));
  }

  @Test
  void connectionThatCommitsByItselfIsRefused() throws SQLException {
    try (Connection mine = source.getConnection()) {
      assertThrows(InvalidStateException.class, () -> effects.first(mine, LoneAttempt.at("o-1")));
    }
    assertEquals(0, count("millrace_effects"));
  }

  @Test
  void connectionGoesBackAsItCame() throws SQLException {
    try (Connection pooled = source.getConnection()) {
      var pool = Source.pooling(pooled);
      assertTrue(once(JdbcEffects.on(pool), LoneAttempt.at("o-1")));
      assertTrue(pooled.getAutoCommit());
      assertThrows(
          IllegalStateException.class,
          () ->
              JdbcEffects.on(pool)
                  .once(
                      LoneAttempt.at("o-2"),
                      connection -> {
                        throw new IllegalStateException("no");
                      }));
      assertTrue(pooled.getAutoCommit());
    }
  }

  @Test
  void tableIsMadeOnceHoweverManyAsk() throws Exception {
    JdbcEffects other = effects.table("public.other_effects");
    var all = new ArrayList<Callable<Boolean>>();
    for (int i = 0; i < 8; i++) {
      all.add(
          () -> {
            other.createTable();
            return true;
          });
    }
    for (Future<Boolean> each : threads.invokeAll(all)) {
      assertTrue(each.get());
    }
    assertTrue(once(other, LoneAttempt.at("o-1")));
    assertEquals(1, count("public.other_effects"));
    assertEquals(0, count("millrace_effects"));
  }

  @Test
  void tableNameThatIsMoreThanANameIsRefused() {
    for (String name : List.of("", "a b", "a;DROP TABLE b", "a.b.c", "1a", "a\"")) {
      assertThrows(InvalidConfigException.class, () -> effects.table(name), name);
    }
  }

  @Test
  void oldMarkersAreForgottenAndYoungOnesKept() throws SQLException {
    var clock = new DatedClock();
    JdbcEffects dated = effects.clock(clock);
    once(dated, LoneAttempt.at("old"));
    clock.advance(Duration.ofDays(7));
    once(dated, LoneAttempt.at("young"));
    assertEquals(1, dated.forgetOlderThan(Duration.ofDays(1)));
    assertFalse(once(dated, LoneAttempt.at("young")));
    assertTrue(once(dated, LoneAttempt.at("old")));
    assertThrows(InvalidConfigException.class, () -> dated.forgetOlderThan(Duration.ZERO));
  }
}
