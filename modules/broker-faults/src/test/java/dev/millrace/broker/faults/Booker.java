package dev.millrace.broker.faults;

import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Delivery;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.Outcome;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.guard.jdbc.JdbcEffects;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.h2.jdbcx.JdbcConnectionPool;

/**
 * Books orders into a database under the guard, in a process of its own. With {@code stall} as its
 * last argument no handler comes back from its commit.
 */
public final class Booker {
  private final JdbcEffects effects;
  private final boolean stall;

  private Booker(JdbcEffects effects, boolean stall) {
    this.effects = effects;
    this.stall = stall;
  }

  /** Takes the broker's URL, the database's URL, the stream and what to do after a commit. */
  public static void main(String[] arguments) throws Exception {
    var database = JdbcConnectionPool.create(arguments[1], "", "");
    var booker = new Booker(JdbcEffects.on(database), arguments[3].equals("stall"));
    StreamManager manager = StreamManager.connect(arguments[0]);
    var config =
        ConsumerConfig.builder(arguments[2])
            .group("billing")
            .concurrency(4)
            .lease(Duration.ofSeconds(1))
            .build();
    manager.createConsumer("booker", config, booker::book);
    System.out.println("ready");
    new CountDownLatch(1).await();
  }

  private Outcome book(Message message, Delivery delivery)
      throws SQLException, InterruptedException {
    boolean booked =
        effects.once(
            delivery,
            connection -> {
              try (var insert = connection.prepareStatement("INSERT INTO bookings VALUES (?)")) {
                insert.setString(1, message.id());
                insert.executeUpdate();
              }
            });
    System.out.println((booked ? "booked " : "known ") + message.id());
    if (stall) {
      new CountDownLatch(1).await();
    }
    return Outcome.done();
  }
}
