package dev.millrace.broker.codec.jackson;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.CodecException;
import dev.millrace.broker.api.TypeRef;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JacksonCodecTest {
  public record Order(String id, int quantity, Instant at) {}

  private final JacksonCodec codec = new JacksonCodec();

  @Test
  void recordComesBackEqual() {
    var order = new Order("ORD-1", 3, Instant.parse("2026-11-21T10:00:00Z"));
    assertEquals(order, codec.decode(codec.encode(order), TypeRef.of(Order.class)));
  }

  @Test
  void writesPlainJsonWithReadableTimes() {
    var order = new Order("ORD-1", 3, Instant.parse("2026-11-21T10:00:00Z"));
    assertEquals(
        "{\"id\":\"ORD-1\",\"quantity\":3,\"at\":\"2026-11-21T10:00:00Z\"}",
        new String(codec.encode(order), UTF_8));
  }

  @Test
  void genericTypesKeepTheirArguments() {
    var lines =
        codec.decode(
            "[{\"id\":\"a\",\"quantity\":1}]".getBytes(UTF_8), new TypeRef<List<Order>>() {});
    assertEquals("a", lines.getFirst().id());
  }

  @Test
  void misfitNamesTypeAndPlaceAndNotTheValue() {
    byte[] json = "{\"id\":\"a\",\"quantity\":\"hunter2\"}".getBytes(UTF_8);
    var error =
        assertThrows(CodecException.class, () -> codec.decode(json, TypeRef.of(Order.class)));
    assertTrue(error.getMessage().contains("Order"), error.getMessage());
    assertTrue(error.getMessage().contains("quantity"), error.getMessage());
    assertFalse(error.getMessage().contains("hunter2"), error.getMessage());
  }

  @Test
  void brokenJsonIsOneTypedError() {
    var error =
        assertThrows(
            CodecException.class,
            () -> codec.decode("{\"id\":".getBytes(UTF_8), TypeRef.of(Order.class)));
    assertTrue(error.getMessage().contains("line 1"), error.getMessage());
  }

  @Test
  void nullWhereAValueIsNeededIsRefused() {
    assertThrows(
        CodecException.class, () -> codec.decode("null".getBytes(UTF_8), TypeRef.of(Order.class)));
  }

  @Test
  void depthIsBounded() {
    byte[] deep = ("[".repeat(10_000) + "]".repeat(10_000)).getBytes(UTF_8);
    assertThrows(CodecException.class, () -> codec.decode(deep, TypeRef.of(Object.class)));
  }

  @Test
  void classNamesInThePayloadAreJustText() {
    byte[] gadget = "{\"@class\":\"javax.swing.JEditorPane\",\"a\":1}".getBytes(UTF_8);
    assertTrue(codec.decode(gadget, TypeRef.of(Object.class)) instanceof Map);
  }
}
