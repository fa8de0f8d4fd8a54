package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Received;
import io.lettuce.core.Consumer;
import io.lettuce.core.XClaimArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * The server's clock goes forward an hour: its readings do, and everything pending is as much older
 * by them.
 */
class ClockStepTest extends ReaderTest {
  private static final Duration LEASE = Duration.ofSeconds(4);
  private static final Duration HOUR = Duration.ofHours(1);

  private final AtomicLong step = new AtomicLong();

  @Test
  void takesNothingFromTheLivingWhenTheClockGoesForward() {
    var owners = process("owner");
    var owned = new RecordingSink();
    owners.open(ref("s"), spec("owner", LEASE), owned).request(1);
    add("s", "held");
    await().until(() -> owned.size() == 1);
    List<Received> held = List.copyOf(owned.received);
    abandoned("s");
    var heir = new RecordingSink();
    GroupReader heirs =
        RedisReaders.create(connect("heir"), step::get).open(ref("s"), spec("heir", LEASE), heir);
    heirs.request(10);
    // Once it has taken that, it has read the clock before the step, and is not at a scan.
    await().until(() -> heir.size() == 1);
    ackAll(heirs, List.copyOf(heir.received));
    get(owners.renew(ref("s"), held, LEASE));
    step.set(HOUR.toMillis());
    redis.xclaim(
        "s",
        Consumer.from(GROUP, "owner"),
        new XClaimArgs().justid().idle(HOUR),
        held.get(0).position().value());
    // Half a lease later, when the owner would renew at the latest, nobody has taken it.
    await().during(LEASE.dividedBy(2)).until(() -> heir.size() == 1);
    assertEquals(1, get(owners.renew(ref("s"), held, LEASE)).size());
    await().until(() -> heir.size() == 2);
  }

  /** Pending for a consumer that died an hour ago. */
  private void abandoned(String stream) {
    var dead = Consumer.from(GROUP, "dead");
    String id = add(stream, "abandoned");
    redis.xreadgroup(dead, StreamOffset.lastConsumed(stream));
    redis.xclaim(stream, dead, new XClaimArgs().justid().idle(HOUR), id);
  }
}
