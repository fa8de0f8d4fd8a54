package dev.millrace.broker.api.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {
  private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private static Map<String, String> withState(String state) {
    return TraceContext.of(Map.of("traceparent", PARENT, "tracestate", state));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        PARENT,
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-will-be-like",
      })
  void wellFormedParentIsHandedOnAsItIs(String parent) {
    assertEquals(
        Map.of("traceparent", parent), TraceContext.of(Map.of("traceparent", parent, "a", "1")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00-1",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
        "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-\n",
      })
  void malformedParentIsNotHandedOn(String parent) {
    assertEquals(Map.of(), TraceContext.of(Map.of("traceparent", parent, "tracestate", "rojo=1")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"rojo=00f067aa0ba902b7", "rojo=1,congo=t61rcWkgMzE", "fw529a3039@dt=a , ,b=2"})
  void stateGoesWithItsParent(String state) {
    assertEquals(Map.of("traceparent", PARENT, "tracestate", state), withState(state));
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "rojo", "Rojo=1", "rojo=1,=2", "rojo=a=b", "rojo=\u00e4", "a=\n"})
  void malformedStateIsLeftOut(String state) {
    assertEquals(Map.of("traceparent", PARENT), withState(state));
  }

  @Test
  void stateThatIsTooLongIsLeftOut() {
    assertEquals(
        1,
        withState("a=" + "x".repeat(200) + ",b=" + "x".repeat(255) + ",c=" + "x".repeat(99))
            .size());
    String many =
        IntStream.range(0, 33).mapToObj(i -> "a" + i + "=1").collect(Collectors.joining(","));
    assertEquals(1, withState(many).size());
  }

  @Test
  void ofSeveralOnlyAContextThatAllShareIsHandedOn() {
    Map<String, String> traced = Map.of("traceparent", PARENT);
    assertEquals(traced, TraceContext.of(List.of(message(traced), message(traced))));
    assertEquals(Map.of(), TraceContext.of(List.of(message(traced), message(Map.of()))));
    assertEquals(Map.of(), TraceContext.of(List.of(message(Map.of()), message(traced))));
  }

  private static dev.millrace.broker.api.Message message(Map<String, String> headers) {
    var entry = new Entry("id", null, null, headers, dev.millrace.broker.api.Fields.of("n", 1));
    return new EntryMessage("s", Position.UNKNOWN, entry, new NoCodec(), 1_000);
  }

  @Test
  void ownParentIsLeftAlone() {
    var own = new LinkedHashMap<>(Map.of("traceparent", "my own"));
    Map<String, String> before =
        TraceContext.enter(Map.of("traceparent", PARENT, "tracestate", "a=1"));
    try {
      assertEquals(own, TraceContext.joined(own));
      assertEquals(
          Map.of("traceparent", PARENT, "tracestate", "a=1", "b", "2"),
          TraceContext.joined(Map.of("b", "2")));
    } finally {
      TraceContext.leave(before);
    }
    assertEquals(Map.of(), TraceContext.joined(Map.of()));
  }

  static final class NoCodec implements dev.millrace.broker.api.PayloadCodec {
    @Override
    public String contentType() {
      return "none";
    }

    @Override
    public byte[] encode(Object value) {
      throw new UnsupportedOperationException("no payload here");
    }

    @Override
    public <T> T decode(byte[] bytes, dev.millrace.broker.api.TypeRef<T> type) {
      throw new UnsupportedOperationException("no payload here");
    }
  }
}
