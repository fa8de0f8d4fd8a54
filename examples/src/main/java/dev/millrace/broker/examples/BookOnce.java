package dev.millrace.broker.examples;

import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.guard.jdbc.JdbcEffects;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;

/**
 * Books orders into a database, each once, although every order is handled twice here: its first
 * attempt fails after it has booked.
 */
public final class BookOnce {
  private final JdbcEffects effects;
  private final CountDownLatch acknowledged;

  private BookOnce(JdbcEffects effects, int orders) {
    this.effects = effects;
    this.acknowledged = new CountDownLatch(orders);
  }

  /** Takes the URL of a backend; without it everything is in memory. */
  public static void main(String[] arguments) throws Exception {
    String url = arguments.length > 0 ? arguments[0] : "memory:";
    DataSource bookings = JdbcConnectionPool.create("jdbc:h2:mem:shop;DB_CLOSE_DELAY=-1", "", "");
    try (Connection connection = bookings.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE bookings (order_id VARCHAR(99), quantity INT)");
    }
    JdbcEffects effects = JdbcEffects.on(bookings);
    effects.createTable();
    System.out.println("booked " + new BookOnce(effects, 3).run(url) + " messages");
    try (Connection connection = bookings.getConnection();
        var statement = connection.createStatement();
        var count = statement.executeQuery("SELECT COUNT(*), SUM(quantity) FROM bookings")) {
      count.next();
      System.out.println(count.getInt(1) + " bookings, quantity " + count.getInt(2));
    }
  }

  private int run(String url) throws InterruptedException {
    try (StreamManager manager = StreamManager.connect(url)) {
      var consumer =
          ConsumerConfig.builder("bookings")
              .retry(RetryPolicy.builder().firstDelay(Duration.ofMillis(10)).build())
              .build();
      manager.createConsumer("booker", consumer, this::handle);
      manager.createSimpleProducer("orders", "bookings");
      int orders = (int) acknowledged.getCount();
      for (int i = 1; i <= orders; i++) {
        manager.send("orders", Fields.of("order", "ORD-" + i, "quantity", i));
      }
      acknowledged.await();
      return orders;
    }
  }

  private Outcome handle(Message message, Delivery delivery) throws SQLException {
    boolean booked = effects.once(delivery, connection -> book(connection, message.fields()));
    if (booked) {
      throw new IllegalStateException("as if the process had died between commit and acknowledge");
    }
    acknowledged.countDown();
    return Outcome.done();
  }

  private static void book(Connection connection, Fields order) throws SQLException {
    try (var insert = connection.prepareStatement("INSERT INTO bookings VALUES (?, ?)")) {
      insert.setString(1, order.text("order"));
      insert.setLong(2, order.integer("quantity"));
      insert.executeUpdate();
    }
  }
}
