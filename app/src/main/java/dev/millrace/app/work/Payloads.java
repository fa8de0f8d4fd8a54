package dev.millrace.app.work;

import dev.millrace.broker.api.Message;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.json.JsonMapper;

/** A message as a command or a person gets it. */
final class Payloads {
  private static final JsonMapper JSON = JsonMapper.shared();

  private Payloads() {}

  /** The payload as it was sent; for an entry without one, its fields as a JSON object. */
  static byte[] bytes(Message message) {
    return message.fields().has(Message.PAYLOAD)
        ? message.fields().bytes(Message.PAYLOAD)
        : JSON.writeValueAsBytes(message.fields().asMap());
  }

  /** Id, type and payload in one line, whatever control characters they hold. */
  static String line(Message message) {
    String text =
        message.id()
            + " "
            + message.type().orElse("-")
            + " "
            + new String(bytes(message), StandardCharsets.UTF_8);
    var line = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
                line.append(String.format("\\u%04x", c));
              } else {
                line.appendCodePoint(c);
              }
            });
    return line.toString();
  }
}
