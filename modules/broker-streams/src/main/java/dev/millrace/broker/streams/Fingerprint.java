package dev.millrace.broker.streams;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** What letters of one cause have in common, over messages and releases of the program. */
final class Fingerprint {
  private static final int FRAMES = 5;
  private static final int DIGITS = 12;
  private static final Pattern NUMBERS = Pattern.compile("\\d+");
  private static final Pattern HEX = Pattern.compile("0x[0-9a-fA-F]+");
  private static final Pattern PLACE = Pattern.compile("\\([^)]*\\)$");

  private Fingerprint() {}

  static String of(String reason, Optional<String> error, Optional<String> stack) {
    var text = new StringBuilder();
    if (error.isPresent()) {
      text.append(error.get());
      stack.ifPresent(trace -> frames(trace, text));
    } else {
      text.append(NUMBERS.matcher(reason).replaceAll("#"));
    }
    return digest(text.toString());
  }

  // Not the causes: the trace is cut somewhere, and whether they are in it depends on messages.
  private static void frames(String trace, StringBuilder text) {
    trace
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("at "))
        .limit(FRAMES)
        .forEach(
            frame -> {
              // Neither the line nor the name that a lambda happens to get belongs to the cause.
              String method = PLACE.matcher(frame).replaceFirst("");
              method = HEX.matcher(method).replaceAll("#");
              text.append('\n').append(NUMBERS.matcher(method).replaceAll("#"));
            });
  }

  private static String digest(String text) {
    try {
      byte[] sha =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha).substring(0, DIGITS);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }
}
