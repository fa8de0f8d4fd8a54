package dev.millrace.broker.backend.redis.internal.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventWireTest {
  @Test
  void isTextWithThePayloadAsItIs() {
    var event =
        new Entry("7", "user_events", null, Map.of("a", "x\ny"), Fields.of("payload", "{\"n\":1}"));
    assertEquals(
        "millrace/1\n_type=user_events\npayload\n_h:a=x%0Ay\n_id=7\n\n{\"n\":1}",
        new String(EventWire.write(event), StandardCharsets.UTF_8));
  }

  @Test
  void readsBackWhatItWrote() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    for (Entry event :
        new Entry[] {
          Entry.of("1", Fields.of("a=b%", "c=d", "payload", all, "z", all)),
          Entry.of("2", Fields.of("payload", "")),
          Entry.of("3", Fields.empty()),
          new Entry("4", "tüp", "k", Map.of("h=", "=%"), Fields.of("x\n\ny", ""))
        }) {
      assertEquals(event, EventWire.read(EventWire.write(event)));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hello",
        "{\"a\":1}",
        "millrace/1",
        "millrace/1\n",
        "millrace/1\na=%zz\n\n",
        "millrace/2\n\n"
      })
  void foreignTextIsThePayload(String text) {
    assertEquals(
        new Entry(null, null, null, Map.of(), Fields.of("payload", text)),
        EventWire.read(text.getBytes(StandardCharsets.UTF_8)));
  }
}
