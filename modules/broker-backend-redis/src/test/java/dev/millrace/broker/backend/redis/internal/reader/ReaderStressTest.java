package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.Sink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ReaderStressTest extends ReaderTest {
  private static final int MESSAGES = 1_500;
  private static final Duration LEASE = Duration.ofSeconds(2);

  @Test
  void losesNothingWhileReadersComeStopResumeReleaseAndLeave() throws Exception {
    long seed = System.nanoTime();
    var done = ConcurrentHashMap.<String>newKeySet();
    var others = List.of(readers, process("two"));
    var finished = new AtomicBoolean();
    var threads = new ArrayList<Thread>();
    var failures = ConcurrentHashMap.<String>newKeySet();
    for (int i = 0; i < 4; i++) {
      int me = i;
      var worker = new Worker(others.get(i % 2), "me" + (i / 2), done, finished, failures);
      threads.add(Thread.ofPlatform().start(() -> worker.run(new Random(seed + me))));
    }
    var sent = new HashSet<String>();
    for (int i = 0; i < MESSAGES; i++) {
      sent.add(add("s" + i % 3, "" + i) + "@s" + i % 3);
    }
    try {
      await().atMost(Duration.ofSeconds(30)).until(() -> done.size() >= MESSAGES);
    } catch (org.awaitility.core.ConditionTimeoutException stuck) {
      var where = new StringBuilder("seed " + seed + ", done " + done.size() + ", " + failures);
      for (int i = 0; i < 3; i++) {
        where.append("; s").append(i).append(' ').append(redis.xinfoGroups("s" + i));
        where.append(
            redis.xpending(
                "s" + i, GROUP, io.lettuce.core.Range.unbounded(), io.lettuce.core.Limit.from(3)));
      }
      throw new AssertionError(where.toString(), stuck);
    } finally {
      finished.set(true);
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertEquals(Set.of(), Set.copyOf(failures), "seed " + seed);
    assertEquals(sent, Set.copyOf(done), "seed " + seed);
    for (int i = 0; i < 3; i++) {
      assertEquals(0, pending("s" + i));
    }
  }

  private record Worker(
      RedisReaders readers,
      String name,
      Set<String> done,
      AtomicBoolean finished,
      Set<String> failures) {
    void run(Random random) {
      while (!finished.get()) {
        for (int i = 0; i < 3; i++) {
          once("s" + i, random);
        }
      }
    }

    private void once(String stream, Random random) {
      var sink = new Handling(stream, done, failures);
      GroupReader reader = readers.open(ref(stream), spec(name, LEASE), sink);
      sink.attach(reader);
      reader.request(1 + random.nextInt(200));
      sink.awaitFirst();
      for (int round = random.nextInt(3); round > 0; round--) {
        get(reader.stopReading());
        int seen = sink.seen.size();
        Thread.yield();
        if (sink.seen.size() != seen) {
          failures.add("delivered after stop");
        }
        reader.resumeReading();
        reader.request(1 + random.nextInt(50));
      }
      get(random.nextBoolean() ? reader.stopReading() : reader.leave());
      get(reader.leave());
    }
  }

  private static final class Handling implements Sink {
    private final String stream;
    private final Set<String> done;
    private final Set<String> failures;
    private final Set<Received> seen = ConcurrentHashMap.newKeySet();
    private final AtomicReference<GroupReader> reader = new AtomicReference<>();
    private final AtomicBoolean inside = new AtomicBoolean();
    private final CountDownLatch first = new CountDownLatch(1);

    Handling(String stream, Set<String> done, Set<String> failures) {
      this.stream = stream;
      this.done = done;
      this.failures = failures;
    }

    void attach(GroupReader opened) {
      reader.set(opened);
    }

    void awaitFirst() {
      try {
        // Whether one comes or not: this is only so that most readers live to see one.
        var unused = first.await(50, TimeUnit.MILLISECONDS);
      } catch (InterruptedException stopped) {
        throw new AssertionError(stopped);
      }
    }

    @Override
    public void deliver(List<Received> batch) {
      first.countDown();
      if (!inside.compareAndSet(false, true)) {
        failures.add("two calls at once");
      }
      seen.addAll(batch);
      for (Received one : batch) {
        int dice = ThreadLocalRandom.current().nextInt(20);
        if (dice == 0) {
          reader.get().settle(List.of(new Settlement.Release(one, Duration.ofMillis(dice * 10))));
        } else if (dice > 1) {
          reader.get().settle(List.of(ack(one))).thenAccept(result -> settled(one, result.get(0)));
        }
      }
      reader.get().request(batch.size());
      inside.set(false);
    }

    private void settled(Received one, Settled result) {
      if (result == Settled.DONE) {
        if (!done.add(one.position().value() + "@" + stream)) {
          failures.add("done twice: " + one.position());
        }
      } else if (result != Settled.STALE) {
        failures.add(result.toString());
      }
    }

    @Override
    public void recreated(Position from) {
      failures.add("recreated");
    }

    @Override
    public void failed(Throwable error) {
      failures.add(error.toString());
    }
  }
}
