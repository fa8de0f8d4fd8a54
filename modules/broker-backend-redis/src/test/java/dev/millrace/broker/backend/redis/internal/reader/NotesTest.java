package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class NotesTest extends ReaderTest {
  private static final String NOTES = "{s}:notes:main";

  private final RecordingSink sink = new RecordingSink();

  private static Settlement release(Received received, String note) {
    return new Settlement.Release(received, Duration.ZERO, Optional.of(note));
  }

  @Test
  void deliveriesThatNeverHadANoteAreAcknowledgedPlainly() {
    GroupReader reader = open("s", sink);
    add("s", 100);
    reader.request(200);
    await().until(() -> sink.size() == 100);
    redis.configResetstat();
    ackAll(reader, sink.received);
    String stats = redis.info("commandstats");
    assertTrue(stats.contains("cmdstat_xack:"), stats);
    // A script would ask for each of them; a scan in the background asks once.
    assertTrue(!stats.contains("cmdstat_hdel:"), stats);
    assertTrue(
        !java.util.regex.Pattern.compile("cmdstat_xpending:calls=\\d\\d").matcher(stats).find(),
        stats);
  }

  @Test
  void everyWayToSettleForgetsTheNote() {
    GroupReader reader = open("s", sink);
    add("s", 3);
    reader.request(6);
    await().until(() -> sink.size() == 3);
    get(reader.settle(sink.received.stream().map(one -> release(one, "n")).toList()));
    await().until(() -> sink.size() == 6);
    assertEquals(3, redis.hlen(NOTES));
    List<Received> again = sink.received.subList(3, 6);
    var results =
        get(
            reader.settle(
                List.of(
                    ack(again.get(0)),
                    new Settlement.MoveTo(again.get(1), "{s}:dead:main", entry()),
                    new Settlement.Release(again.get(2), LONG))));
    assertEquals(List.of(Settled.DONE, Settled.DONE, Settled.DONE), results);
    assertEquals(Map.of(), redis.hgetall(NOTES));
  }

  @Test
  void aNoteThatMeetsAnAcknowledgementIsNotLeftBehind() {
    GroupReader reader = open("s", sink);
    add("s", 300);
    reader.request(300);
    await().until(() -> sink.size() == 300);
    var calls = new ArrayList<CompletionStage<?>>();
    for (Received one : sink.received) {
      calls.add(readers.note(ref("s"), one, "early"));
      calls.add(reader.settle(List.of(ack(one))));
      calls.add(readers.note(ref("s"), one, "late"));
    }
    calls.forEach(ReaderTest::get);
    assertEquals(0, pending("s"));
    assertEquals(0, redis.hlen(NOTES));
  }

  @Test
  void anEntryDeletedWhilePendingTakesItsNoteWithIt() {
    GroupReader reader = open("s", sink);
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    assertTrue(get(readers.note(ref("s"), sink.received.get(0), "n")));
    redis.xdel("s", sink.positions().get(0));
    get(readers.renew(ref("s"), sink.received, LONG));
    assertEquals(0, redis.hlen(NOTES));
  }

  @Test
  void aNoteOnlyTellsAndDoesNotSettle() {
    GroupReader reader = open("s", sink);
    add("s", 1);
    reader.request(1);
    await().until(() -> sink.size() == 1);
    assertTrue(get(readers.note(ref("s"), sink.received.get(0), "n")));
    assertEquals(1, pending("s"));
    assertEquals(List.of(Settled.DONE), ackAll(reader, sink.received));
    assertEquals(0, pending("s"));
  }

  private static Entry entry() {
    return Entry.of("id", Fields.of("a", "b"));
  }
}
