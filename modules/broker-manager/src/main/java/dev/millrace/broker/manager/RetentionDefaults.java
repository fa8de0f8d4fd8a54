package dev.millrace.broker.manager;

import dev.millrace.broker.api.Names;
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

  /**
   * The configuration, with what it leaves open filled: by the patterns, and then by what its name
   * says of what is in it. Whoever uses a stream gets the same, so that nobody contradicts another
   * by defaults alone.
   */
  StreamConfig fill(StreamConfig stream) {
    StreamConfig filled = byPatterns(stream);
    if (Names.isDeadLetter(stream.name())) {
      return filled.filledBy(DEAD_LETTERS);
    }
    return Names.channelOf(stream.name()).isPresent() ? filled.filledBy(KEPT_EVENTS) : filled;
  }

  private StreamConfig byPatterns(StreamConfig stream) {
    StreamConfig filled = stream;
    for (var each : defaults.entrySet()) {
      if (each.getKey().matcher(stream.name()).matches()) {
        filled = filled.filledBy(each.getValue());
      }
    }
    return filled;
  }

  /** For a stream that takes dead letters, whatever its name, and that nobody has configured. */
  StreamConfig ofDeadLetters(String stream) {
    return byPatterns(StreamConfig.of(stream)).filledBy(DEAD_LETTERS);
  }
}
