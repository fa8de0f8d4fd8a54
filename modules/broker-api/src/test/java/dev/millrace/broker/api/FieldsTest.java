package dev.millrace.broker.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class FieldsTest {
  @Test
  void keepsOrderAndReadsScalars() {
    var fields = Fields.of("user_id", 7, "action", "login", "ok", true, "level", Priority.HIGH);
    assertEquals(List.of("user_id", "action", "ok", "level"), fields.names());
    assertEquals(7, fields.integer("user_id"));
    assertEquals("login", fields.text("action"));
    assertEquals("true", fields.text("ok"));
    assertEquals("HIGH", fields.text("level"));
  }

  @Test
  void bytesAreCopiedInAndOut() {
    byte[] raw = {0, -1, 127};
    var fields = Fields.of("raw", raw);
    raw[0] = 9;
    assertArrayEquals(new byte[] {0, -1, 127}, fields.bytes("raw"));
    fields.bytes("raw")[0] = 9;
    assertArrayEquals(new byte[] {0, -1, 127}, fields.bytes("raw"));
  }

  @Test
  void anOddNumberOfArgumentsIsRefused() {
    var error = assertThrows(FieldException.class, () -> Fields.of("a", 1, "b"));
    assertTrue(error.getMessage().contains("the last name has no value"), error.getMessage());
  }

  @Test
  void anObjectAsValueIsRefusedByFieldName() {
    var error = assertThrows(FieldException.class, () -> Fields.of("order", new Object()));
    assertTrue(error.getMessage().contains("'order'"), error.getMessage());
  }

  @Test
  void aNameGivenTwiceIsRefused() {
    assertThrows(FieldException.class, () -> Fields.of("a", 1, "a", 2));
  }

  @Test
  void anAbsentFieldNamesThoseThatAreThere() {
    var error = assertThrows(FieldException.class, () -> Fields.of("a", 1).text("b"));
    assertTrue(error.getMessage().contains("[a]"), error.getMessage());
  }

  @Test
  void toStringShowsNoValue() {
    assertFalse(Fields.of("password", "hunter2").toString().contains("hunter2"));
  }

  @Test
  void sizeCountsUtf8Bytes() {
    assertEquals(1 + 2, Fields.of("a", "é").byteSize());
  }

  @Test
  void equalityIsByOrderAndContent() {
    assertEquals(Fields.of("a", 1, "b", 2), Fields.of("a", "1", "b", "2"));
    assertFalse(Fields.of("a", 1, "b", 2).equals(Fields.of("b", 2, "a", 1)));
  }

  @Test
  void aBuilderGoesOnWithoutChangingWhatItBuilt() {
    var builder = Fields.builder().put("a", "1");
    var first = builder.build();
    builder.put("b", "2");
    assertEquals(List.of("a"), first.names());
    assertEquals(List.of("a", "b"), builder.build().names());
  }
}
