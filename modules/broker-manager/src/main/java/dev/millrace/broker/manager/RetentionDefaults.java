package dev.millrace.broker.manager;

import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.StreamConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The defaults of retention by patterns of names; of several that match, the first comes first. */
final class RetentionDefaults {
  /** Dead letters are for people to look at, and nobody has to: they go by age and number. */
  private static final RetentionPolicy DEAD_LETTERS =
      RetentionPolicy.builder().maxAge(Duration.ofDays(30)).maxLength(100_000).build();

  /** What every name has handled is history that few want; what one has not is never trimmed. */
  private static final RetentionPolicy KEPT_EVENTS =
      RetentionPolicy.builder().maxAge(Duration.ofDays(30)).maxLength(100_000).build();

  private final Map<Pattern, RetentionPolicy> defaults = new LinkedHashMap<>();

  /** In a pattern, a star stands for any characters. */
  RetentionDefaults(Map<String, RetentionPolicy> patterns) {
    patterns.forEach((pattern, policy) -> defaults.put(compiled(pattern), policy));
  }

  private static Pattern compiled(String pattern) {
    return Pattern.compile(
        Arrays.stream(pattern.split("\\*", -1))
            .map(Pattern::quote)
            .collect(Collectors.joining(".*")),
        Pattern.DOTALL);
  }

  /** The configuration, with what it leaves open filled. */
  StreamConfig fill(StreamConfig stream) {
    StreamConfig filled = stream;
    for (var each : defaults.entrySet()) {
      if (each.getKey().matcher(stream.name()).matches()) {
        filled = filled.filledBy(each.getValue());
      }
    }
    return filled;
  }

  /** For a stream of dead letters that nobody has configured. */
  StreamConfig ofDeadLetters(String stream) {
    return fill(StreamConfig.of(stream)).filledBy(DEAD_LETTERS);
  }

  /** For the kept events of a channel. */
  StreamConfig ofKeptEvents(String stream) {
    return fill(StreamConfig.of(stream)).filledBy(KEPT_EVENTS);
  }
}
