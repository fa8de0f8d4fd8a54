package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.InstanceNames;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.Telemetry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Short words for tests of the memory backend. */
final class Fixture {
  static final Duration LEASE = Duration.ofSeconds(30);

  private Fixture() {}

  static BackendContext context(BrokerClock clock) {
    return new BackendContext("test", InstanceNames.unique(), clock, Telemetry.none());
  }

  static Entry entry(String id) {
    return Entry.of(id, Fields.of("n", id));
  }

  static List<Appended> append(MemoryBackend backend, String stream, String... ids) {
    return get(
        backend
            .log()
            .append(stream, Arrays.stream(ids).map(Fixture::entry).toList(), AppendGuard.none()));
  }

  static GroupReader open(MemoryBackend backend, String stream, String consumer, Sink sink) {
    return backend
        .log()
        .open(
            new GroupRef(stream, "group"),
            new ReaderSpec(
                consumer, StartPosition.beginning(), 100, Duration.ofSeconds(1), LEASE, false),
            sink);
  }

  static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(10, java.util.concurrent.TimeUnit.SECONDS).join();
  }
}
