package dev.millrace.broker.backend.redis.internal.reader;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReadOutputTest {
  private final ReadOutput output = new ReadOutput();

  @Test
  void aReplyOfNothingIsEmpty() {
    output.multi(-1);
    assertTrue(output.get().isEmpty());
  }

  @Test
  @SuppressWarnings("NullAway") // as Lettuce does for a null reply
  void aNullReplyIsEmpty() {
    output.set((ByteBuffer) null);
    assertTrue(output.get().isEmpty());
  }

  @Test
  void streamsAndEntriesKeepTheirOrder() {
    output.multi(2);
    stream("a", 2);
    entry("1-0", "payload", "x");
    entry("1-1", "payload", "y", "_id", "i");
    stream("b", 1);
    entry("2-0", "f", "z");
    Map<String, List<Arrival>> reply = output.get();
    assertEquals(List.of("1-0", "1-1"), reply.get("a").stream().map(Arrival::id).toList());
    assertEquals("y", reply.get("a").get(1).entry().fields().text("payload"));
    assertEquals(Optional.of("i"), reply.get("a").get(1).entry().id());
    assertEquals("z", reply.get("b").get(0).entry().fields().text("f"));
    assertEquals(1, reply.get("b").get(0).count());
  }

  @Test
  void anEntryWithoutFieldsIsOne() {
    output.multi(1);
    stream("a", 2);
    output.multi(2);
    text("1-0");
    output.multi(-1);
    entry("1-1", "f", "v");
    assertEquals(2, output.get().get("a").size());
    assertTrue(output.get().get("a").get(0).entry().fields().isEmpty());
  }

  @Test
  void anyNamesAndBytesArrive() {
    byte[] bytes = {0, -1, 13, 10};
    output.multi(1);
    stream("ström", 1);
    output.multi(2);
    text("1-0");
    output.multi(40);
    for (int i = 0; i < 20; i++) {
      text("näme" + i);
      output.set(ByteBuffer.wrap(bytes));
    }
    Arrival arrival = output.get().get("ström").get(0);
    assertEquals(20, arrival.entry().fields().size());
    assertArrayEquals(bytes, arrival.entry().fields().bytes("näme19"));
  }

  @Test
  void longNamesAndThoseThatBeginLikeThemAreToldApart() {
    String name = "name".repeat(50);
    output.multi(1);
    stream("a", 2);
    entry("1-0", name, "long", "name", "short", "", "none");
    entry("18446744073709551615-18446744073709551615", "name", "2", name, "3", "", "4");
    List<Arrival> arrivals = output.get().get("a");
    assertEquals(List.of(name, "name", ""), arrivals.get(0).entry().fields().names());
    assertEquals("short", arrivals.get(0).entry().fields().text("name"));
    assertEquals("18446744073709551615-18446744073709551615", arrivals.get(1).id());
    assertEquals(List.of("name", name, ""), arrivals.get(1).entry().fields().names());
  }

  @Test
  void whatCameBackShowsNothingOfIt() {
    output.multi(1);
    stream("a", 2);
    entry("1-0", "f", "v", "_millrace:retry", "3 1-0 a note");
    entry("1-1", "_millrace:retry", "somebody's own");
    Arrival back = output.get().get("a").get(0);
    assertEquals(3, back.before());
    assertEquals(Optional.of("a note"), back.past().note());
    assertEquals(List.of("f"), back.entry().fields().names());
    assertEquals(List.of("_millrace:retry"), output.get().get("a").get(1).entry().fields().names());
  }

  private void stream(String name, int entries) {
    output.multi(2);
    text(name);
    output.multi(entries);
  }

  private void entry(String id, String... namesAndValues) {
    output.multi(2);
    text(id);
    output.multi(namesAndValues.length);
    for (String each : namesAndValues) {
      text(each);
    }
  }

  private void text(String value) {
    output.set(ByteBuffer.wrap(value.getBytes(UTF_8)));
  }
}
