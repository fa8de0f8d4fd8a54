package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.TaskScheduling;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Of all processes' cleaners of a stream one works. */
class LeadershipTest {
  private final VirtualClock clock = Rig.clock();
  private final Rig one = new Rig(clock, "one");
  private final Rig two = new Rig(clock, "two");

  @AfterEach
  void close() {
    one.close();
    two.close();
  }

  @Test
  void oneOfTwoCleansAndTheOtherAsksOnceAnInterval() {
    var first = one.start(Rig.history().maxLength(10));
    clock.advance(Duration.ofSeconds(90));
    var second = two.start(Rig.history().maxLength(10));
    one.append(100);
    clock.advance(Duration.ofHours(1));
    assertEquals(10, one.length());
    assertEquals(0, two.asked("trim"));
    assertEquals(60, two.askedInAll(), 4);
    assertEquals(1, first.info().counts().get("leader"));
    assertEquals(0, second.info().counts().get("leader"));
    assertEquals(0, second.info().counts().get("visits"));
  }

  @Test
  void anotherTakesOverWhenTheLeaderDies() {
    one.start(Rig.history().maxLength(10));
    clock.advance(Duration.ofSeconds(90));
    var second = two.start(Rig.history().maxLength(10));
    clock.advance(Duration.ofMinutes(5));
    one.close(); // its lease stays, and its requests fail from now on
    two.append(100);
    clock.advance(Duration.ofMinutes(3));
    assertEquals(10, two.length());
    assertEquals(1, second.info().counts().get("leader"));
  }

  @Test
  void anotherTakesOverAtItsNextQuestionWhenTheLeaderFailsAgainAndAgain() {
    one.limit = OptionalLong.of(100);
    var first = one.start(Rig.history().maxLength(10).cleanupInterval(Duration.ofHours(20)));
    one.failure = new IllegalStateException("NOPERM");
    one.append(100);
    clock.advance(Duration.ofSeconds(90));
    var second = two.start(Rig.history().maxLength(10));
    clock.advance(Duration.ofSeconds(67));
    assertEquals(1, second.info().counts().get("leader"));
    assertEquals(10, two.length());
    clock.advance(Duration.ofMinutes(5));
    assertEquals(0, first.info().counts().get("leader"));
    int looks = one.asked("memory");
    clock.advance(Duration.ofMinutes(5));
    assertEquals(looks, one.asked("memory"));
  }

  @Test
  void aLeaderThatFailsOnceOrTwiceStays() {
    one.start(Rig.history().maxLength(10));
    one.failure = new IllegalStateException("LOADING");
    one.onTrim = count -> one.failure = count < 3 ? one.failure : null;
    one.append(100);
    clock.advance(Duration.ofSeconds(90));
    assertEquals(10, one.length());
    assertEquals(0, one.asked("release"));
  }

  @Test
  void whoFailsAloneTakesTheLeaseAgainAndGoesOn() {
    var first = one.start(Rig.history().maxLength(10));
    one.failure = new IllegalStateException("LOADING");
    one.append(100);
    clock.advance(Duration.ofMinutes(10));
    assertEquals(0, first.info().counts().get("leader"));
    one.failure = null;
    clock.advance(Duration.ofMinutes(6));
    assertEquals(10, one.length());
    assertEquals(1, first.info().counts().get("leader"));
  }

  @Test
  void aLeaseOutlastsTheNextVisit() {
    one.start(Rig.history().maxLength(10).cleanupInterval(Duration.ofMinutes(10)));
    clock.advance(Duration.ofSeconds(90));
    two.start(Rig.history().maxLength(10).cleanupInterval(Duration.ofSeconds(1)));
    clock.advance(Duration.ofHours(5));
    assertEquals(0, two.asked("trim"));
  }

  @Test
  void anotherTakesOverAtItsNextQuestionWhenTheLeaderStops() {
    var first = one.start(Rig.history().cleanupInterval(Duration.ofHours(20)));
    clock.advance(Duration.ofSeconds(90));
    var second = two.start(Rig.history());
    clock.advance(Duration.ofMinutes(5));
    first.stop(Duration.ofSeconds(1));
    assertEquals(0, first.info().counts().get("leader"));
    clock.advance(Duration.ofSeconds(67));
    assertEquals(1, second.info().counts().get("leader"));
  }

  @Test
  void aStoppedFollowerTakesNothingFromTheLeader() {
    var first = one.start(Rig.history());
    clock.advance(Duration.ofSeconds(90));
    var second = two.start(Rig.history());
    clock.advance(Duration.ofMinutes(5));
    second.close();
    clock.advance(Duration.ofMinutes(5));
    assertEquals(1, first.info().counts().get("leader"));
    assertEquals(0, two.asked("release"));
  }

  @Test
  void whoLosesTheLeaseNeitherTrimsNorWatchesMemory() {
    one.limit = OptionalLong.of(100);
    var first = one.start(Rig.history());
    one.append(10);
    clock.advance(Duration.ofMinutes(5));
    var leases = two.store.facet(Coordination.class).orElseThrow();
    leases.release("cleaner:s", one.holder);
    leases.acquire("cleaner:s", "another", Duration.ofDays(1));
    clock.advance(Duration.ofSeconds(67));
    assertEquals(0, first.info().counts().get("leader"));
    int trims = one.asked("trim");
    int looks = one.asked("memory");
    clock.advance(Duration.ofHours(1));
    assertEquals(trims, one.asked("trim"));
    assertEquals(looks, one.asked("memory"));
  }

  @Test
  void aLeaseThatComesAfterTheStopIsGivenBack() {
    var answer = new CompletableFuture<Optional<Coordination.Lease>>();
    var released = new AtomicInteger();
    var leases = leases(answer, released);
    var watch = new Watch(Optional.of(leases), "cleaner:s", "me", clock);
    var taken = watch.take(Duration.ofMinutes(1)).toCompletableFuture();
    watch.leave();
    assertEquals(1, released.get(), "it may have been taken already");
    answer.complete(Optional.of(new Coordination.Lease("me", 1)));
    assertEquals(false, taken.join());
    assertEquals(2, released.get());
    assertEquals(false, watch.held());
  }

  private static Coordination leases(
      CompletableFuture<Optional<Coordination.Lease>> answer, AtomicInteger released) {
    return (Coordination)
        Proxy.newProxyInstance(
            Coordination.class.getClassLoader(),
            new Class<?>[] {Coordination.class},
            (proxy, method, args) -> {
              if (method.getName().equals("acquire")) {
                return answer;
              }
              released.incrementAndGet();
              return CompletableFuture.completedFuture(null);
            });
  }

  @Test
  void twoManagersInOneProcessAreTwo() {
    one.start(Rig.history());
    clock.advance(Duration.ofSeconds(90));
    // The same backend and so the same instance name, but another manager's random number.
    var cleaning =
        Cleaning.on(one, TaskScheduling.on(clock), new Random(2), Telemetry.none()).orElseThrow();
    var second = one.start(Rig.history(), cleaning);
    clock.advance(Duration.ofMinutes(10));
    assertEquals(0, second.info().counts().get("leader"));
  }

  @Test
  void withoutLeasesEachWorks() {
    one.coordinated = false;
    two.coordinated = false;
    var first = one.start(Rig.history().maxLength(10));
    var second = two.start(Rig.history().maxLength(10));
    one.append(100);
    clock.advance(Duration.ofMinutes(5));
    assertEquals(10, one.length());
    assertEquals(1, first.info().counts().get("leader"));
    assertEquals(1, second.info().counts().get("leader"));
    assertTrue(two.asked("trim") > 2);
  }

  @Test
  void startsAndStopsOfManyThreadsLeaveOneChainOfVisitsAndNoLease() throws Exception {
    var cleaner = one.start(Rig.history());
    var over = new AtomicBoolean();
    Thread time =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!over.get()) {
                    clock.advance(Duration.ofSeconds(5));
                    Thread.onSpinWait();
                  }
                });
    var threads = new ArrayList<Thread>();
    for (int t = 0; t < 8; t++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int round = 0; round < 300; round++) {
                      if (ThreadLocalRandom.current().nextBoolean()) {
                        cleaner.start();
                      } else {
                        cleaner.stop(Duration.ZERO);
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    over.set(true);
    time.join();
    cleaner.start();
    clock.advance(Duration.ofMinutes(5));
    assertEquals(1, cleaner.info().counts().get("leader"));
    int asked = one.asked("acquire");
    clock.advance(Duration.ofMinutes(60));
    assertEquals(60, one.asked("acquire") - asked, 4);
    cleaner.close();
    assertEquals(0, clock.pendingTimers());
    var second = two.start(Rig.history());
    clock.advance(Duration.ofSeconds(67));
    assertEquals(1, second.info().counts().get("leader"));
  }
}
