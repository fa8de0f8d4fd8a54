package dev.millrace.app.work;

import dev.millrace.broker.api.Message;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.json.JsonMapper;

/** A message as a command or a person gets it. */
public final class Payloads {
  private static final JsonMapper JSON = JsonMapper.shared();

  private Payloads() {}

  /** The payload as it was sent; for an entry without one, its fields as a JSON object. */
  public static byte[] bytes(Message message) {
    return message.fields().has(Message.PAYLOAD)
        ? message.fields().bytes(Message.PAYLOAD)
        : JSON.writeValueAsBytes(message.fields().asMap());
  }

  /** Id, type and payload in one line. */
  static String line(Message message) {
    return oneLine(message.id() + " " + message.type().orElse("-") + " " + text(message));
  }

  /** The payload as text, as it was sent. */
  public static String text(Message message) {
    return new String(bytes(message), StandardCharsets.UTF_8);
  }

  /** The text in one line, whatever control characters it holds. */
  public static String oneLine(String text) {
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
