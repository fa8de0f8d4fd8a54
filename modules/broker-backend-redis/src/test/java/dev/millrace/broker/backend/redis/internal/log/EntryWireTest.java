package dev.millrace.broker.backend.redis.internal.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EntryWireTest {
  private static Map<String, byte[]> wire(String... namesAndValues) {
    var map = new LinkedHashMap<String, byte[]>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put(namesAndValues[i], EntryWire.utf8(namesAndValues[i + 1]));
    }
    return map;
  }

  @Test
  void writesTypeFieldsKeyHeadersAndIdInThisOrder() {
    var entry =
        new Entry(
            "7", "NEW_ORDER", "c1", Map.of("trace", "t"), Fields.of("payload", "{}", "more", 1));
    assertEquals(
        List.of("_type", "payload", "more", "_key", "_h:trace", "_id"),
        List.copyOf(EntryWire.write(entry).keySet()));
  }

  @Test
  void readsBackWhatItWrote() {
    var headers = new LinkedHashMap<String, String>();
    headers.put("b", "2");
    headers.put("a", "ä");
    var entry =
        new Entry("7", "T", "k", headers, Fields.of("z", new byte[] {0, -1}, "a", "", "ü", "x"));
    Entry back = EntryWire.read(EntryWire.write(entry));
    assertEquals(entry, back);
    assertEquals(List.of("b", "a"), new ArrayList<>(back.headers().keySet()));
    assertEquals(List.of("z", "a", "ü"), back.fields().names());
  }

  @Test
  void foreignEntryHasNoIdAndKeepsItsFields() {
    Entry entry = EntryWire.read(wire("user_id", "7", "action", "login"));
    assertEquals(Optional.empty(), entry.id());
    assertEquals(Fields.of("user_id", 7, "action", "login"), entry.fields());
  }

  @Test
  void unknownUnderscoreFieldsStayFields() {
    Entry entry = EntryWire.read(wire("_ts", "1", "_h:", "x", "_", "y", "_ids", "z", "", "e"));
    assertEquals(List.of("_ts", "_h:", "_", "_ids", ""), entry.fields().names());
    assertTrue(entry.headers().isEmpty());
  }

  @Test
  void foreignWriterMayNameTypeKeyAndHeadersAnywhere() {
    Entry entry = EntryWire.read(wire("payload", "{}", "_h:a", "1", "_key", "k", "_type", "T"));
    assertEquals(new Entry(null, "T", "k", Map.of("a", "1"), Fields.of("payload", "{}")), entry);
  }

  @Test
  void emptyIdIsNone() {
    assertEquals(Optional.empty(), EntryWire.read(wire("_id", "")).id());
  }

  @Test
  void takesBytesOverWithoutACopy() {
    byte[] bytes = {1, 2, 3};
    EntryWire.read(Map.of("f", bytes))
        .fields()
        .forEachRaw((name, value) -> assertArrayEquals(bytes, value));
  }
}
