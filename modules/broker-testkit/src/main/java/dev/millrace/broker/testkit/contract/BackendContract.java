package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.ServerClock;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.testkit.BackendFixture;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What all contracts share: a backend, names of the test's own, readers that are watched. */
public abstract class BackendContract {
  private final List<Backend> opened = new ArrayList<>();
  private final List<TestReader> readers = new CopyOnWriteArrayList<>();
  private final String unique = UUID.randomUUID().toString().substring(0, 8);
  private BackendFixture fixture;
  private int consumers;

  /** The backend under test. */
  protected Backend backend;

  /** A stream that nobody else uses. */
  protected String stream;

  /** A group of {@link #stream}. */
  protected GroupRef group;

  /** For the contracts. */
  @SuppressWarnings("NullAway.Init") // set before each test
  protected BackendContract() {}

  @BeforeEach
  void open(BackendFixture given) {
    fixture = given;
    backend = openAnother();
    stream = name("stream");
    group = new GroupRef(stream, "workers");
  }

  @AfterEach
  void close() {
    List<String> breaches =
        readers.stream().flatMap(reader -> reader.sink.breaches().stream()).toList();
    opened.forEach(Backend::close);
    assertEquals(List.of(), breaches, "promises to a sink that were broken");
  }

  /** One more instance, closed after the test. */
  final Backend openAnother() {
    Backend another = fixture.open();
    opened.add(another);
    return another;
  }

  final BackendFixture fixture() {
    return fixture;
  }

  final boolean has(Feature feature) {
    return backend.features().has(feature);
  }

  /** A name that nobody else uses. */
  final String name(String what) {
    return what + "-" + unique;
  }

  /** This many of the backend's ticks. */
  final Duration ticks(int count) {
    return fixture.tick().multipliedBy(count);
  }

  final void advance(Duration time) {
    fixture.advance(time);
  }

  final <F> F facet(Class<F> facet) {
    return backend.facet(facet).orElseThrow();
  }

  /** Whether a facet may be tested; where its feature is not declared it has to be absent. */
  final boolean offers(Feature feature, Class<?> facet) {
    assertEquals(has(feature), backend.facet(facet).isPresent(), facet.getSimpleName());
    return has(feature);
  }

  /** Goes on only with the facet; without its feature, the absence was asserted. */
  final void assumeOffered(Feature feature, Class<?> facet) {
    assumeTrue(offers(feature, facet), "no " + feature + " here, and none is offered");
  }

  /** The backend's idea of now. */
  final Instant now() {
    Optional<ServerClock> clock = backend.facet(ServerClock.class);
    return clock.isPresent() ? Stages.await(clock.get().now()) : fixture.now();
  }

  static Entry entry(String id) {
    return Entry.of(id, Fields.of("n", id));
  }

  /** Entries {@code e1} to {@code en}. */
  static List<Entry> entries(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(i -> entry("e" + i)).toList();
  }

  static List<String> ids(int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(i -> "e" + i).toList();
  }

  /** Appends and returns the positions. */
  final List<Position> append(String to, List<Entry> all) {
    List<Appended> results = Stages.await(backend.log().append(to, all, AppendGuard.none()));
    assertEquals(all.size(), results.size());
    return results.stream().map(BackendContract::position).toList();
  }

  final Position append(Entry one) {
    return append(stream, List.of(one)).getFirst();
  }

  static Position position(Appended result) {
    return assertInstanceOf(Appended.At.class, result).position();
  }

  /** Whether it was there before, wherever that is. */
  static boolean isDuplicate(Appended result) {
    return switch (result) {
      case Appended.At at -> at.duplicate();
      case Appended.Spilled at -> at.duplicate();
      default -> false;
    };
  }

  final StreamState describe() {
    return Stages.await(backend.log().describe(stream));
  }

  final StreamState.Group describeGroup() {
    return describe().groups().stream()
        .filter(each -> each.name().equals(group.group()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no group " + group));
  }

  final ReaderBuilder reader() {
    return new ReaderBuilder();
  }

  /** A reader of {@link #group} with credit. */
  final TestReader reader(int credit) {
    return reader().open().request(credit);
  }

  static void awaitUntil(String what, java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await(what)
        .pollInterval(Duration.ofMillis(10))
        .atMost(Stages.PATIENCE)
        .until(condition);
  }

  /** A group made at the beginning of the stream, so that what is appended next is unread by it. */
  final void declareGroup() {
    Stages.await(
        backend
            .log()
            .declare(
                new dev.millrace.broker.api.spi.StreamSpec(
                    stream, java.util.Set.of(group.group()))));
  }

  final void assertNothingIn(String other) {
    assertEquals(0, Stages.await(backend.log().describe(other)).length());
  }

  final void assertContains(String other, int count) {
    assertEquals(count, Stages.await(backend.log().describe(other)).length());
  }

  static void assertRises(long earlier, long later) {
    assertTrue(later > earlier, () -> later + " should be above " + earlier);
  }

  /** How a reader of a test is opened. */
  final class ReaderBuilder {
    private Backend on = backend;
    private GroupRef in = group;
    private StartPosition start = StartPosition.beginning();
    private int batch = 100;
    // So long that only what happens at once happens before the end of a test.
    private Duration lease = ticks(1_000);
    private boolean workQueue;
    private Consumer<List<Received>> listener = batch -> {};

    ReaderBuilder on(Backend another) {
      on = another;
      return this;
    }

    ReaderBuilder in(String name) {
      in = new GroupRef(stream, name);
      return this;
    }

    ReaderBuilder start(StartPosition position) {
      start = position;
      return this;
    }

    ReaderBuilder batch(int size) {
      batch = size;
      return this;
    }

    ReaderBuilder lease(Duration length) {
      lease = length;
      return this;
    }

    ReaderBuilder workQueue() {
      workQueue = true;
      return this;
    }

    ReaderBuilder listener(Consumer<List<Received>> calls) {
      listener = calls;
      return this;
    }

    TestReader open() {
      String consumer = "c" + ++consumers + "-" + unique;
      var sink = new RecordingSink(listener);
      var spec = new ReaderSpec(consumer, start, batch, Duration.ofSeconds(1), lease, workQueue);
      var reader = new TestReader(in, consumer, on.log().open(in, spec, sink), sink);
      readers.add(reader);
      return reader;
    }
  }
}
