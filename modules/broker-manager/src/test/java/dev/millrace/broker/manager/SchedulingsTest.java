package dev.millrace.broker.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.TaskScheduling;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.backend.memory.MemoryBackend;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What runs periodic work is chosen by configuration, else by presence on the path. */
class SchedulingsTest {
  /** Counts what it is asked, and runs nothing. */
  private static final class Fake implements TaskScheduling, TaskScheduling.Provider {
    final String name;
    final AtomicInteger scheduled = new AtomicInteger();
    boolean closed;

    Fake(String name) {
      this.name = name;
    }

    @Override
    public BrokerClock.Cancellable schedule(Duration delay, Runnable task) {
      scheduled.incrementAndGet();
      return () -> {};
    }

    @Override
    public void close() {
      closed = true;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public TaskScheduling open() {
      return this;
    }
  }

  private final Fake quartz = new Fake("quartz");
  private final Fake micronaut = new Fake("micronaut");
  private final VirtualClock clock = new VirtualClock(Instant.EPOCH);

  private static BrokerConfig config(String name) {
    return BrokerConfig.builder().scheduling(name).build();
  }

  /** Whether it is the clock that runs the tasks of a scheduling. */
  private static boolean byClock(TaskScheduling scheduling, VirtualClock clock) {
    int before = clock.pendingTimers();
    scheduling.schedule(Duration.ofHours(1), () -> {});
    return clock.pendingTimers() > before;
  }

  @Test
  void aNameChoosesAmongThoseOnThePath() {
    var schedulings = new Schedulings(List.of(quartz, micronaut), clock);
    assertEquals(quartz, schedulings.open(config("quartz")));
    assertTrue(byClock(schedulings.open(config("jdk")), clock));
  }

  @Test
  void anUnknownNameIsRefusedWithThoseThatThereAre() {
    var schedulings = new Schedulings(List.of(quartz), clock);
    var error =
        assertThrows(InvalidConfigException.class, () -> schedulings.open(config("mikronaut")));
    assertTrue(error.getMessage().contains("'mikronaut'"), error.getMessage());
    assertTrue(error.getMessage().contains("jdk, quartz"), error.getMessage());
  }

  @Test
  void theOnlyOneOnThePathIsUsedWithTheSystemsClock() {
    BrokerConfig none = BrokerConfig.builder().build();
    BrokerClock system = BrokerClock.system();
    assertEquals(micronaut, new Schedulings(List.of(micronaut), system).open(none));
    assertFalse(new Schedulings(List.of(micronaut, quartz), system).open(none) instanceof Fake);
    assertTrue(byClock(new Schedulings(List.of(micronaut), clock).open(none), clock));
    assertTrue(byClock(new Schedulings(List.of(), clock).open(none), clock));
  }

  @Test
  void theApplicationsOwnIsUsedAndLeftOpen() {
    BrokerConfig config = BrokerConfig.builder().scheduling(quartz).build();
    try (var backend =
            MemoryBackend.open(new BackendContext("test", "me", clock, Telemetry.none()));
        var manager = StreamManager.on(backend, config)) {
      manager.createSimpleProducer("p", "s");
      assertEquals(1, quartz.scheduled.get());
    }
    assertFalse(quartz.closed);
  }

  @Test
  void aManagerThatIsNotMadeForAnUnknownNameLeavesNoBackendOpen() {
    String url = "memory:schedulings";
    try (var backend = Providers.open(url, BackendContext.standalone("test"))) {
      var entry = Entry.of("m", Fields.of("n", 1));
      backend.log().append("s", List.of(entry), AppendGuard.none()).toCompletableFuture().join();
      assertThrows(
          InvalidConfigException.class, () -> StreamManager.connect(url, config("mikronaut")));
    }
    try (var again = Providers.open(url, BackendContext.standalone("test"))) {
      assertFalse(again.log().describe("s").toCompletableFuture().join().exists());
    }
  }

  @Test
  void theLastChoiceHolds() {
    var byName = BrokerConfig.builder().scheduling(quartz).scheduling("jdk").build();
    assertEquals("jdk", byName.scheduling().orElseThrow());
    assertTrue(byName.ownScheduling().isEmpty());
    var own = BrokerConfig.builder().scheduling("jdk").scheduling(quartz).build();
    assertEquals(quartz, own.ownScheduling().orElseThrow());
    assertTrue(own.scheduling().isEmpty());
  }
}
