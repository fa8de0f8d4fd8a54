package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Gap;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.TypeRef;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** A subscription that remembers what it heard and which gaps it was told of. */
final class Ear {
  final Subscription subscription;
  final Set<String> heard = ConcurrentHashMap.newKeySet();
  private final Queue<String> heardAgain = new ConcurrentLinkedQueue<>();
  final Queue<Gap> gaps = new ConcurrentLinkedQueue<>();
  private final String name;

  private Ear(String name, Broker broker, SubscriptionConfig config, CountDownLatch gate) {
    this.name = name;
    this.subscription =
        broker.onEvent(
            config,
            TypeRef.of(Note.class),
            note -> {
              gate.await();
              if (!heard.add(note.id())) {
                heardAgain.add(note.id());
              }
            });
    subscription.onGap(gaps::add);
  }

  static Ear quick(String name, Broker broker, SubscriptionConfig.Builder config) {
    return new Ear(name, broker, config.buffer(100_000).build(), new CountDownLatch(0));
  }

  /** One whose handlers wait for the gate. */
  static Ear slow(
      String name, Broker broker, SubscriptionConfig.Builder config, CountDownLatch gate) {
    return new Ear(name, broker, config.build(), gate);
  }

  long disconnections() {
    return gaps.stream().filter(gap -> gap.reason() == Gap.Reason.DISCONNECTED).count();
  }

  /** Of those that were published: the ones that were never heard. */
  List<Announcer.Sent> missed(Collection<Announcer.Sent> published) {
    return published.stream().filter(each -> !heard.contains(each.id())).toList();
  }

  /**
   * Fails for each event that was missed and is in no gap, or was heard twice; tells the missed.
   */
  int assertMissedOnlyInGaps(Collection<Announcer.Sent> published) {
    List<Announcer.Sent> missed = missed(published);
    assertEquals(
        List.of(),
        missed.stream().filter(each -> gaps.stream().noneMatch(gap -> covers(gap, each))).toList(),
        name + " has missed events outside of its gaps " + gaps);
    assertEquals(List.of(), List.copyOf(heardAgain), name + " has heard events twice");
    return missed.size();
  }

  private static boolean covers(Gap gap, Announcer.Sent event) {
    return !event.after().isBefore(gap.from()) && !event.before().isAfter(gap.to());
  }
}
