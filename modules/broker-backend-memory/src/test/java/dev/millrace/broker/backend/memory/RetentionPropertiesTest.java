package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.testkit.contract.RetentionCase;
import dev.millrace.broker.testkit.contract.RetentionProperties;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;

/** The memory backend against the model, at times that the clock is set to. */
class RetentionPropertiesTest extends RetentionProperties {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  private final VirtualClock clock = new VirtualClock(NOW);
  // What readers are to be given, done by the test's own thread: so that it is done when it is.
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private MemoryBackend backend = MemoryBackend.open(Fixture.context(clock), tasks::add);
  private int cases;

  @AfterEach
  void close() {
    backend.close();
  }

  @Override
  protected Backend backend() {
    return backend;
  }

  @Override
  protected Instant now() {
    return NOW;
  }

  @Override
  protected CompletionStage<?> prepare(String stream, RetentionCase given) {
    // All that is asked of a case is answered at once, so that none is under way.
    if (++cases % 1_000 == 0) {
      backend.close();
      backend = MemoryBackend.open(Fixture.context(clock), tasks::add);
    }
    for (RetentionCase.Added entry : given.added()) {
      clock.setWallClock(entry.at());
      var unused =
          Fixture.get(
              backend.log().append(stream, List.of(Fixture.entry(entry.id())), AppendGuard.none()));
    }
    clock.setWallClock(NOW);
    delete(stream, given.deleted());
    for (RetentionCase.Group group : given.groups()) {
      var ref = new GroupRef(stream, group.name());
      History history = backend.facet(History.class).orElseThrow();
      var unused = Fixture.get(backend.log().declare(new StreamSpec(stream, Set.of(group.name()))));
      if (group.begins() > 0) {
        Fixture.get(history.reset(ref, place(given, group.begins())));
      }
      group.reads().forEach(read -> read(ref, read, group));
      // Here, as with a plain XGROUP SETID, what is pending stays so.
      group.setTo().ifPresent(at -> Fixture.get(history.reset(ref, place(given, at))));
    }
    return CompletableFuture.completedFuture(stream);
  }

  // Giving an entry to a group of another stream takes it out of its own.
  private void delete(String stream, List<RetentionCase.Added> entries) {
    var unused =
        Fixture.get(
            backend
                .facet(Mover.class)
                .orElseThrow()
                .giveBack(
                    stream,
                    new GroupRef("away", "away"),
                    entries.stream()
                        .map(
                            each ->
                                new Mover.GivenBack(each.position(), Fixture.entry(each.id()), 1))
                        .toList()));
  }

  private static StartPosition place(RetentionCase given, int index) {
    return given
        .behind(index)
        .map(before -> StartPosition.after(before.value()))
        .orElseGet(StartPosition::beginning);
  }

  private void read(GroupRef ref, RetentionCase.Read read, RetentionCase.Group group) {
    var sink = new CollectingSink();
    var spec =
        new ReaderSpec(
            read.consumer(),
            StartPosition.beginning(),
            100,
            java.time.Duration.ofSeconds(1),
            Fixture.LEASE,
            false);
    GroupReader reader = backend.log().open(ref, spec, sink);
    reader.request(read.count());
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
    var unused =
        Fixture.get(
            reader.settle(
                sink.received.stream()
                    .filter(each -> group.acknowledged().contains(each.entry().id().orElse("")))
                    .<Settlement>map(Settlement.Ack::new)
                    .toList()));
  }
}
