package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Trimming.Counted;
import dev.millrace.broker.api.spi.Trimming.Facts;
import dev.millrace.broker.api.spi.Trimming.Mark;
import dev.millrace.broker.api.spi.Trimming.Need;
import dev.millrace.broker.api.spi.Trimming.Report;
import dev.millrace.broker.api.spi.Trimming.Sample;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.StreamMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads what the scripts about trimming answer; they say what is where. */
final class TrimReplies {
  private static final byte[] NOTHING = {};

  private TrimReplies() {}

  static Report report(List<Object> reply) {
    var dropped = new HashMap<String, Long>();
    List<?> losses = list(reply.get(4));
    for (int i = 0; i + 1 < losses.size(); i += 2) {
      dropped.put(text(losses.get(i)), number(losses.get(i + 1)));
    }
    return new Report(
        number(reply.get(0)),
        number(reply.get(1)) == 1,
        number(reply.get(2)),
        nonEmpty(text(reply.get(3))),
        dropped);
  }

  static Facts facts(List<Object> reply) {
    long bytes = number(reply.get(6));
    return new Facts(
        number(reply.get(0)) == 1,
        Instant.ofEpochMilli(number(reply.get(1))),
        number(reply.get(2)),
        number(reply.get(3)),
        mark(reply.get(4)),
        mark(reply.get(5)),
        bytes < 0 ? OptionalLong.empty() : OptionalLong.of(bytes),
        list(reply.get(8)).stream().map(need -> need(list(need))).toList(),
        list(reply.get(7)).stream()
            .map(sample -> sample(text(sample)))
            .sorted(Comparator.comparing(Sample::at))
            .toList());
  }

  private static Need need(List<?> reply) {
    var kind = Need.Kind.valueOf(text(reply.get(1)).toUpperCase(Locale.ROOT));
    boolean pending = kind == Need.Kind.PENDING;
    return new Need(
        text(reply.get(0)),
        kind,
        mark(reply.get(2)),
        nonEmpty(text(reply.get(3))),
        // Whoever handed it back does not have it any more.
        nonEmpty(text(reply.get(4))).filter(consumer -> !consumer.equals(Keys.NOBODY)),
        pending ? Optional.of(Duration.ofMillis(number(reply.get(5)))) : Optional.empty(),
        number(reply.get(6)));
  }

  private static Sample sample(String text) {
    int blank = text.indexOf(' ');
    return new Sample(
        Instant.ofEpochMilli(Long.parseLong(text.substring(0, blank))),
        Long.parseLong(text.substring(blank + 1)));
  }

  static Counted counted(List<Object> reply) {
    return new Counted(number(reply.get(0)), nonEmpty(text(reply.get(1))).map(Position::new));
  }

  static Drop drop(StreamMessage<String, byte[]> entry) {
    Map<String, byte[]> fields = entry.getBody();
    return new Drop(
        Instant.ofEpochMilli(Long.parseLong(field(fields, "at"))),
        field(fields, "group"),
        Long.parseLong(field(fields, "messages")),
        field(fields, "first"),
        field(fields, "last"));
  }

  private static String field(Map<String, byte[]> fields, String name) {
    return Args.text(fields.getOrDefault(name, NOTHING));
  }

  /** An id begins with the milliseconds at which its entry was added. */
  private static Optional<Mark> mark(Object id) {
    return nonEmpty(text(id))
        .map(
            value ->
                new Mark(
                    new Position(value),
                    Instant.ofEpochMilli(
                        Long.parseUnsignedLong(value.substring(0, value.indexOf('-'))))));
  }

  private static Optional<String> nonEmpty(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  private static List<?> list(Object value) {
    return value instanceof List<?> list ? list : List.of();
  }

  private static String text(Object value) {
    return Args.text((byte[]) value);
  }

  private static long number(Object value) {
    return (Long) value;
  }
}
