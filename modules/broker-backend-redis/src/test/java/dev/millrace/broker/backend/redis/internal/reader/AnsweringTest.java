package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import io.lettuce.core.Consumer;
import io.lettuce.core.XClaimArgs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Answers that go together: the first of a list goes alone, and what follows with the next call.
 */
class AnsweringTest extends ReaderTest {
  private static final String STREAM = "{jobs}:rpc";

  private final RecordingSink sink = new RecordingSink();
  private GroupReader reader;

  @BeforeEach
  void read() {
    reader = open(STREAM, sink);
  }

  private void requests(int count) {
    for (int i = 0; i < count; i++) {
      redis.xadd(STREAM, Map.of("_id", "r" + i, "n", "" + i));
    }
    reader.request(count);
    await().until(() -> sink.size() == count);
  }

  private List<Settled> answer(List<Received> requests) {
    return get(reader.settle(requests.stream().map(AnsweringTest::answer).toList()));
  }

  private static Settlement answer(Received request) {
    var reply = new Entry(id(request), "ok", null, Map.of(), Fields.of("n", "1"));
    return new Settlement.Answer(request, reply, Duration.ofMinutes(1));
  }

  private static String id(Received request) {
    return request.entry().id().orElseThrow();
  }

  private long kept() {
    return redis.keys("{jobs}:call:*").size();
  }

  @Test
  void answersInAnyOrderEndTheirRequests() {
    requests(12);
    var backwards = new ArrayList<>(sink.received);
    Collections.reverse(backwards);
    assertEquals(Collections.nCopies(12, Settled.DONE), answer(backwards));
    assertEquals(0, pending(STREAM));
    assertEquals(12, kept());
  }

  @Test
  void answersBetweenManyThatTakeLongerEndTheirRequests() {
    requests(40);
    var some = new ArrayList<Received>();
    for (int i = 0; i < 40; i += 8) {
      some.add(sink.received.get(i));
    }
    some.add(sink.received.get(39));
    assertEquals(Collections.nCopies(6, Settled.DONE), answer(some));
    assertEquals(34, pending(STREAM));
    assertEquals(6, kept());
  }

  @Test
  void answerToWhatIsNotOursAnyMoreIsRefusedAmongOthersThatAreTaken() {
    requests(5);
    claim(1, "another", 1);
    claim(3, "me", 2);
    assertEquals(
        List.of(Settled.DONE, Settled.STALE, Settled.DONE, Settled.STALE, Settled.DONE),
        answer(sink.received));
    assertEquals(2, pending(STREAM));
    assertEquals(3, kept());
  }

  private long notes() {
    return redis.keys("*:notes:*").size();
  }

  @Test
  void answerForgetsTheNoteThatWasLeftWithItsRequest() {
    requests(3);
    assertTrue(get(readers.note(ref(STREAM), sink.received.get(1), "n")));
    assertEquals(1, notes());
    assertEquals(Collections.nCopies(3, Settled.DONE), answer(sink.received));
    assertEquals(0, notes());
  }

  @Test
  void answerForgetsTheNoteOfAnEarlierDeliveryToo() {
    requests(1);
    assertTrue(get(readers.note(ref(STREAM), sink.received.getFirst(), "n")));
    get(reader.leave());
    var next = new RecordingSink();
    reader = open(STREAM, next);
    reader.request(1);
    await().until(() -> next.size() == 1);
    assertEquals(1, notes());
    assertEquals(List.of(Settled.DONE), answer(next.received));
    assertEquals(0, notes());
  }

  @Test
  void answersToWhatNobodyCanHaveNotedLookForNoNotes() {
    requests(3);
    long before = calls("hdel");
    assertEquals(Collections.nCopies(3, Settled.DONE), answer(sink.received));
    assertEquals(before, calls("hdel"));
  }

  /** As a reader does that takes a request over. */
  private void claim(int which, String consumer, int deliveries) {
    redis.xclaim(
        STREAM,
        Consumer.from(GROUP, consumer),
        XClaimArgs.Builder.minIdleTime(0).retryCount(deliveries),
        sink.received.get(which).position().value());
  }
}
