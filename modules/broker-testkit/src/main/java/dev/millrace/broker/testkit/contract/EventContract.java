package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.History.Recorded;
import dev.millrace.broker.api.spi.StreamSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Live events. */
public abstract class EventContract extends BackendContract {
  /** For subclasses. */
  protected EventContract() {}

  private RecordingEvents listen(ChannelPattern pattern) {
    var events = new RecordingEvents();
    subscribe(backend, pattern, events);
    return events;
  }

  private static AutoCloseable subscribe(
      Backend on, ChannelPattern pattern, RecordingEvents events) {
    return Stages.await(on.events().subscribe(pattern, events));
  }

  private void publish(String channel, Entry event) {
    Stages.await(backend.events().publish(channel, event));
  }

  private boolean patterns() {
    if (!has(Feature.EVENT_PATTERNS)) {
      Stages.assertUnsupported(
          backend.events().subscribe(ChannelPattern.of(name("a") + ".*"), new RecordingEvents()));
    }
    return has(Feature.EVENT_PATTERNS);
  }

  @Test
  void eventReachesItsChannelAndComesEqual() {
    String channel = name("channel");
    RecordingEvents events = listen(ChannelPattern.exactly(channel));
    var sent =
        new Entry(
            "id-1", "T", "k", Map.of("h", "größe"), Fields.of("b", new byte[] {0, -1, 13, 10}));
    publish(channel, sent);
    assertEquals(List.of(sent), events.await(1));
    assertEquals(List.of(channel), events.channels);
  }

  @Test
  void otherChannelsAreNotHeard() {
    String channel = name("channel");
    RecordingEvents events = listen(ChannelPattern.exactly(channel));
    publish(channel + "2", entry("other"));
    publish(name("x") + channel, entry("other"));
    publish(channel, entry("e1"));
    events.await(1);
    assertEquals(List.of("e1"), events.ids());
  }

  @Test
  void everySubscriberHearsEachEvent() throws Exception {
    String channel = name("channel");
    RecordingEvents one = listen(ChannelPattern.exactly(channel));
    RecordingEvents two = listen(ChannelPattern.exactly(channel));
    var elsewhere = new RecordingEvents();
    subscribe(openAnother(), ChannelPattern.exactly(channel), elsewhere);
    publish(channel, entry("e1"));
    for (RecordingEvents each : List.of(one, two, elsewhere)) {
      each.await(1);
      assertEquals(List.of("e1"), each.ids());
    }
  }

  @Test
  void eventsOfOneChannelKeepTheirOrder() {
    String channel = name("channel");
    RecordingEvents events = listen(ChannelPattern.exactly(channel));
    List<Entry> all = entries(500);
    all.forEach(each -> backend.events().publish(channel, each));
    events.await(500);
    assertEquals(ids(1, 500), events.ids());
  }

  @Test
  void eventThatNobodyHearsIsGone() {
    String channel = name("channel");
    publish(channel, entry("early"));
    RecordingEvents events = listen(ChannelPattern.exactly(channel));
    publish(channel, entry("e1"));
    events.await(1);
    assertEquals(List.of("e1"), events.ids());
  }

  @Test
  void nothingIsHeardAfterUnsubscribing() throws Exception {
    String channel = name("channel");
    var gone = new RecordingEvents();
    AutoCloseable subscription = subscribe(backend, ChannelPattern.exactly(channel), gone);
    publish(channel, entry("e1"));
    gone.await(1);
    subscription.close();
    subscription.close();
    RecordingEvents still = listen(ChannelPattern.exactly(channel));
    publish(channel, entry("e2"));
    still.await(1);
    assertEquals(List.of("e1"), gone.ids());
  }

  @Test
  void unsubscribingOneLeavesTheOthers() throws Exception {
    String channel = name("channel");
    var gone = new RecordingEvents();
    AutoCloseable subscription = subscribe(backend, ChannelPattern.exactly(channel), gone);
    RecordingEvents still = listen(ChannelPattern.exactly(channel));
    subscription.close();
    publish(channel, entry("e1"));
    still.await(1);
    assertTrue(gone.entries.isEmpty());
  }

  @Test
  void starStandsForOneSegment() {
    if (!patterns()) {
      return;
    }
    String root = name("orders");
    RecordingEvents events = listen(ChannelPattern.of(root + ".*.created"));
    publish(root + ".created", entry("no"));
    publish(root + ".eu.de.created", entry("no"));
    publish(root + ".eu.deleted", entry("no"));
    publish(root + ".eu.created", entry("e1"));
    publish(root + ".us.created", entry("e2"));
    events.await(2);
    // There is an order within a channel, and none between channels.
    assertEquals(Set.copyOf(ids(1, 2)), Set.copyOf(events.ids()));
    assertEquals(Set.of(root + ".eu.created", root + ".us.created"), Set.copyOf(events.channels));
    assertEquals(2, events.entries.size());
  }

  @Test
  void twoStarsStandForTheRest() {
    if (!patterns()) {
      return;
    }
    String root = name("orders");
    RecordingEvents events = listen(ChannelPattern.of(root + ".**"));
    publish(root, entry("no"));
    publish(root + "x.a", entry("no"));
    publish(root + ".a", entry("e1"));
    publish(root + ".a.b.c", entry("e2"));
    events.await(2);
    assertEquals(Set.copyOf(ids(1, 2)), Set.copyOf(events.ids()));
    assertEquals(2, events.entries.size());
  }

  @Test
  void channelWithSpecialCharactersIsExact() {
    String channel = name("a*b?[c]^\\d");
    RecordingEvents events = listen(ChannelPattern.exactly(channel));
    publish(name("aXbYc^\\d"), entry("no"));
    publish(channel, entry("e1"));
    events.await(1);
    assertEquals(List.of("e1"), events.ids());
  }

  @Test
  void patternWithSpecialCharactersMeansThem() {
    if (!patterns()) {
      return;
    }
    String root = name("a?[c]");
    RecordingEvents events = listen(ChannelPattern.of(root + ".*"));
    publish(name("abc") + ".x", entry("no"));
    publish(root + ".x", entry("e1"));
    events.await(1);
    assertEquals(List.of("e1"), events.ids());
  }

  @Test
  void channelAndPatternEachHearOnce() {
    if (!patterns()) {
      return;
    }
    String root = name("orders");
    RecordingEvents exact = listen(ChannelPattern.exactly(root + ".created"));
    RecordingEvents pattern = listen(ChannelPattern.of(root + ".*"));
    publish(root + ".created", entry("e1"));
    publish(root + ".created", entry("e2"));
    exact.await(2);
    pattern.await(2);
    assertEquals(ids(1, 2), exact.ids());
    assertEquals(ids(1, 2), pattern.ids());
  }

  @Test
  void eventsAreKeptFromTheMomentTheirStreamIsThere() {
    assumeTrue(has(Feature.KEPT_EVENTS) && has(Feature.HISTORY));
    String channel = name("channel");
    String kept = Names.events(channel);
    publish(channel, entry("early"));
    Stages.await(backend.log().declare(new StreamSpec(kept, Set.of("mail"))));
    RecordingEvents events = listen(ChannelPattern.exactly(channel));
    var sent =
        new Entry(
            "id-1",
            "T",
            "k=%",
            Map.of("h", "größe\n", "empty", ""),
            Fields.of("a=b", new byte[] {0, -1, 13, 10, '%'}, "payload", "{}\n\nx", "c", ""));
    publish(channel, sent);
    publish(channel, entry("e2"));
    assertEquals(List.of(sent, entry("e2")), events.await(2));
    List<Recorded> there = Stages.await(facet(History.class).scan(kept, Optional.empty(), 10));
    assertEquals(List.of(sent, entry("e2")), there.stream().map(Recorded::entry).toList());
  }

  @Test
  void keptEventsHaveTheOrderInWhichTheyWereHeard() {
    assumeTrue(has(Feature.KEPT_EVENTS) && has(Feature.HISTORY));
    String channel = name("channel");
    String kept = Names.events(channel);
    Stages.await(backend.log().declare(new StreamSpec(kept, Set.of("mail"))));
    RecordingEvents events = listen(ChannelPattern.exactly(channel));
    try (var publishers = Executors.newCachedThreadPool()) {
      for (int publisher = 0; publisher < 4; publisher++) {
        String own = "p" + publisher + "-";
        publishers.execute(
            () -> {
              for (int i = 0; i < 200; i++) {
                publish(channel, entry(own + i));
              }
            });
      }
    }
    List<Entry> heard = events.await(800);
    List<Recorded> there = Stages.await(facet(History.class).scan(kept, Optional.empty(), 1_000));
    assertEquals(heard, there.stream().map(Recorded::entry).toList());
  }

  @Test
  void noGapIsReportedWhereNoneWas() {
    String channel = name("channel");
    RecordingEvents events = listen(ChannelPattern.exactly(channel));
    publish(channel, entry("e1"));
    events.await(1);
    assertTrue(events.gaps.isEmpty());
  }
}
