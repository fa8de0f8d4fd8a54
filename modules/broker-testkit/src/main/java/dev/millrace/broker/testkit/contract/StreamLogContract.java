package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.BackendFeatures.Ordering;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Streams: declaring, appending, describing, deleting. */
public abstract class StreamLogContract extends BackendContract {
  /** For subclasses. */
  protected StreamLogContract() {}

  @Test
  void entriesComeOutInTheOrderTheyWentIn() {
    append(stream, entries(50));
    assertOrdered(reader(50).await(50), 50);
  }

  @Test
  void groupThatIsRemovedNeedsNothingAndOthersGoOn() {
    declareGroup();
    var other = new GroupRef(stream, "others");
    Stages.await(backend.log().declare(new StreamSpec(stream, Set.of(other.group()))));
    append(stream, entries(3));
    assertTrue(Stages.await(backend.log().removeGroup(group, true)));
    assertFalse(Stages.await(backend.log().removeGroup(group, true)));
    StreamState left = Stages.await(backend.log().describe(stream));
    assertEquals(List.of("others"), left.groups().stream().map(StreamState.Group::name).toList());
    assertEquals(3, left.length());
  }

  @Test
  void streamGoesWithItsLastGroupWhereThatIsAsked() {
    declareGroup();
    append(stream, entries(3));
    assertTrue(Stages.await(backend.log().removeGroup(group, false)));
    assertTrue(Stages.await(backend.log().describe(stream)).exists());
    declareGroup();
    assertTrue(Stages.await(backend.log().removeGroup(group, true)));
    assertFalse(Stages.await(backend.log().describe(stream)).exists());
  }

  @Test
  void groupThatIsReadIsNotRemoved() {
    append(stream, entries(1));
    TestReader reading = reader(1);
    reading.await(1);
    var refused = Stages.failure(backend.log().removeGroup(group, true));
    assertInstanceOf(InvalidStateException.class, refused);
    String text = String.valueOf(refused.getMessage());
    assertTrue(text.contains(reading.consumer), text);
    reading.leave();
    assertTrue(Stages.await(backend.log().removeGroup(group, true)));
  }

  @Test
  void appendsOfOneThreadStayInOrderWithoutWaiting() {
    var stages = new ArrayList<CompletionStage<?>>();
    for (Entry each : entries(200)) {
      stages.add(backend.log().append(stream, List.of(each), AppendGuard.none()));
    }
    stages.forEach(Stages::await);
    assertOrdered(reader(200).await(200), 200);
  }

  private void assertOrdered(List<Received> received, int count) {
    List<String> ids = received.stream().map(TestReader::id).toList();
    assertEquals(Set.copyOf(ids(1, count)), Set.copyOf(ids));
    if (backend.features().ordering() == Ordering.STREAM) {
      assertEquals(ids(1, count), ids);
    } else if (backend.features().ordering() == Ordering.PARTITION) {
      var last = new LinkedHashMap<Integer, Integer>();
      for (Received each : received) {
        int number = Integer.parseInt(TestReader.id(each).substring(1));
        Integer before = last.put(each.partition(), number);
        assertTrue(before == null || before < number);
      }
    }
  }

  @Test
  void everyEntryHasAPositionOfItsOwnAndKeepsIt() {
    List<Position> positions = append(stream, entries(20));
    assertEquals(20, new HashSet<>(positions).size());
    List<Received> received = reader(20).await(20);
    for (Received each : received) {
      int number = Integer.parseInt(TestReader.id(each).substring(1));
      assertEquals(positions.get(number - 1), each.position());
    }
  }

  @Test
  void entryComesBackEqual() {
    assertComesBack(
        new Entry(
            "id-1",
            "NEW_ORDER",
            "customer-7",
            headers("trace", "00-abc-def-01", "b", "2", "a", "1"),
            Fields.of("z", "last name first", "a", 7, "m", true)));
  }

  @Test
  void fieldsKeepTheirOrder() {
    append(new Entry("e1", null, null, Map.of(), Fields.of("z", 1, "a", 2, "m", 3, "b", 4)));
    assertEquals(List.of("z", "a", "m", "b"), reader(1).nth(1).entry().fields().names());
  }

  @Test
  void headersKeepTheirOrder() {
    append(new Entry("e1", null, null, headers("z", "1", "a", "2", "m", "3"), Fields.of("f", 1)));
    assertEquals(List.of("z", "a", "m"), List.copyOf(reader(1).nth(1).entry().headers().keySet()));
  }

  @Test
  void everyByteSurvives() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    assertComesBack(Entry.of("e1", Fields.of("binary", all)));
  }

  @Test
  void textOfAllLanguagesSurvives() {
    assertComesBack(
        new Entry(
            "идентификатор-1",
            "注文.作成",
            "clé",
            headers("überschrift", "größe 😀", "lines", "a\r\nb\tc"),
            Fields.of("feld 名前", "価格 €5 🚀", "quote", "\"{\\}\u0000\"")));
  }

  @Test
  void emptyValuesSurvive() {
    assertComesBack(new Entry("e1", "T", null, headers("empty", ""), Fields.of("nothing", "")));
  }

  @Test
  void emptyTypeAndKeyAreNotNone() {
    assertComesBack(new Entry("e1", "", "", Map.of(), Fields.of("n", 1)));
  }

  @Test
  void entryWithoutAnyFieldSurvives() {
    assertComesBack(new Entry("e1", "PING", null, Map.of(), Fields.empty()));
  }

  @Test
  void fieldNamesThatLookLikeSomethingElseSurvive() {
    assertComesBack(
        new Entry(
            "e1",
            "T",
            null,
            headers("id", "x", "type", "y", "key", "z"),
            Fields.of("id", 1, "type", 2, "key", 3, "payload", 4, "headers", 5, "*", 6, "0", 7)));
  }

  @Test
  void largeEntrySurvives() {
    byte[] large = new byte[500_000];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) (i * 31);
    }
    assertComesBack(Entry.of("e1", Fields.of("large", large)));
  }

  private void assertComesBack(Entry sent) {
    append(sent);
    Entry back = reader(1).nth(1).entry();
    assertEquals(sent.id(), back.id());
    assertEquals(sent.type(), back.type());
    assertEquals(sent.key(), back.key());
    assertEquals(sent.headers(), back.headers());
    assertEquals(sent.fields(), back.fields());
  }

  private static Map<String, String> headers(String... namesAndValues) {
    var headers = new LinkedHashMap<String, String>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return headers;
  }

  @Test
  void entryOfAForeignProgramIsDeliveredAsItsFields() {
    var fields = new LinkedHashMap<String, String>();
    fields.put("user_id", "7");
    fields.put("action", "login");
    assumeTrue(fixture().appendForeign(stream, fields), "nobody else can write here");
    TestReader reader = reader(1);
    Entry entry = reader.nth(1).entry();
    assertEquals(Optional.empty(), entry.id());
    assertEquals(Optional.empty(), entry.type());
    assertEquals(fields, entry.fields().asMap());
    assertEquals(List.of("user_id", "action"), entry.fields().names());
    reader.ackAll();
  }

  @Test
  void appendOfNothingDoesNothing() {
    assertEquals(
        List.of(), Stages.await(backend.log().append(stream, List.of(), AppendGuard.none())));
    assertEquals(0, describe().length());
  }

  @Test
  void sameIdIsStoredTwiceWithoutTheGuard() {
    append(entry("e1"));
    append(entry("e1"));
    assertEquals(2, describe().length());
  }

  @Test
  void unknownStreamIsDescribedAsAbsent() {
    StreamState state = describe();
    assertFalse(state.exists());
    assertEquals(stream, state.name());
    assertEquals(0, state.length());
    assertEquals(Optional.empty(), state.first());
    assertEquals(Optional.empty(), state.last());
    assertEquals(List.of(), state.groups());
  }

  @Test
  void describesLengthAndEnds() {
    List<Position> positions = append(stream, entries(3));
    StreamState state = describe();
    assertTrue(state.exists());
    assertEquals(3, state.length());
    assertEquals(Optional.of(positions.getFirst()), state.first());
    assertEquals(Optional.of(positions.getLast()), state.last());
  }

  @Test
  void describesWhatAGroupHasAndHasNotRead() {
    declareGroup();
    List<Position> positions = append(stream, entries(5));
    TestReader reader = reader().batch(2).open().request(2);
    Received first = reader.nth(1);
    reader.await(2);
    assertEquals(dev.millrace.broker.api.spi.Settled.DONE, reader.ack(first));
    awaitUntil("one pending", () -> describeGroup().pending() == 1);
    StreamState.Group state = describeGroup();
    assertEquals(positions.get(1), state.lastDelivered());
    assertTrue(state.lag().isEmpty() || state.lag().getAsLong() == 3, () -> "lag " + state.lag());
    assertTrue(state.consumers().contains(reader.consumer), () -> "" + state.consumers());
  }

  @Test
  void declaredGroupsExistAtTheBeginningOfTheStream() {
    append(stream, entries(2));
    StreamState state =
        Stages.await(backend.log().declare(new StreamSpec(stream, Set.of("workers", "audit"))));
    assertTrue(state.exists());
    assertEquals(
        Set.of("workers", "audit"),
        Set.copyOf(state.groups().stream().map(StreamState.Group::name).toList()));
    assertEquals(ids(1, 2), reader(2).await(2).stream().map(TestReader::id).toList());
  }

  @Test
  void declaringAgainChangesNothing() {
    declareGroup();
    append(stream, entries(3));
    TestReader reader = reader(2);
    reader.await(2);
    reader.ackAll();
    declareGroup();
    assertEquals(1, describe().groups().size());
    assertEquals("e3", TestReader.id(reader.request(5).nth(3)));
    reader.staysAt(3);
  }

  @Test
  void declaringMoreGroupsKeepsTheOthers() {
    declareGroup();
    Stages.await(backend.log().declare(new StreamSpec(stream, Set.of("audit"))));
    assertEquals(2, describe().groups().size());
  }

  @Test
  void deletedStreamIsGoneWithItsGroups() {
    declareGroup();
    append(stream, entries(3));
    Stages.await(backend.log().delete(stream));
    StreamState state = describe();
    assertFalse(state.exists());
    assertEquals(0, state.length());
    assertEquals(List.of(), state.groups());
  }

  @Test
  void deletingWhatIsNotThereIsFine() {
    Stages.await(backend.log().delete(stream));
    Stages.await(backend.log().delete(stream));
  }

  @Test
  void deletedStreamBeginsAgainFromNothing() {
    append(stream, entries(3));
    Stages.await(backend.log().delete(stream));
    append(entry("fresh"));
    TestReader reader = reader(5);
    reader.await(1);
    assertEquals(List.of("fresh"), reader.ids());
    reader.staysAt(1);
  }
}
