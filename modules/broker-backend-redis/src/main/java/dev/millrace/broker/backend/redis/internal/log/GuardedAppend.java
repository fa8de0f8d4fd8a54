package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import io.lettuce.core.protocol.CommandArgs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Appends by script in a line, each id once, or up to a backlog: one call for a list, several for a
 * long one. Later slices of a line are not appended without those before them.
 */
final class GuardedAppend {
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private final Script script = Scripts.load("append-guarded");
  private final Generations generations;

  GuardedAppend(Generations generations) {
    this.generations = generations;
  }

  /** A limit as scripts take it: empty where there is none. */
  static String limit(AppendGuard guard) {
    OptionalLong most = guard.maxBacklog();
    return most.isPresent() ? Long.toString(Math.max(0, most.getAsLong())) : "";
  }

  /**
   * Appends entries.
   *
   * @param guard with {@link Dedup.None}, {@link Dedup.ById} or {@link Dedup.InLine}
   * @param write whether even a mere duplicate is to be a write, for a wait for replicas
   */
  CompletionStage<List<Appended>> append(
      AppendLine line, String stream, List<Entry> entries, AppendGuard guard, boolean write) {
    var slices = new ArrayList<CompletionStage<List<Appended>>>();
    for (int from = 0; from < entries.size(); from += Words.SLICE) {
      var slice = entries.subList(from, Math.min(entries.size(), from + Words.SLICE));
      slices.add(run(line, stream, slice, guard, from, write));
    }
    return Told.joined(slices, entries.size());
  }

  private CompletionStage<List<Appended>> run(
      AppendLine line,
      String stream,
      List<Entry> entries,
      AppendGuard guard,
      int before,
      boolean write) {
    if (new Words(entries).tooMany()) {
      return new Words(entries).refused(stream);
    }
    Dedup.InLine inLine = guard.dedup() instanceof Dedup.InLine found ? found : null;
    Optional<Duration> window = window(guard.dedup());
    var markers = markers(stream, entries, guard.dedup());
    String backup = guard.backup().orElse(stream);
    String name = generations.next();
    UnaryOperator<CommandArgs<String, byte[]>> call =
        args -> {
          args.add(4L + markers.stream().filter(each -> each != null).count())
              .addKey(stream)
              .addKey(Keys.ids(stream))
              .addKey(backup)
              .addKey(inLine == null ? stream : Keys.line(stream, inLine.line()));
          for (String marker : markers) {
            if (marker != null) {
              args.addKey(marker);
            }
          }
          args.add(limit(guard))
              .add(inLine == null ? "" : Long.toString(inLine.first() + before))
              .add(inLine == null ? 0 : after(inLine, before))
              .add(inLine == null ? 0 : lifetime(inLine.remembered()))
              .add(window.map(GuardedAppend::lifetime).orElse(0L))
              .add(name)
              .add(write ? 1 : 0)
              .add(entries.size());
          for (int i = 0; i < entries.size(); i++) {
            int words = Words.count(entries.get(i));
            args.add(markers.get(i) == null ? "-" + words : Integer.toString(words));
            Words.add(entries.get(i), args);
          }
          return args;
        };
    // Others may be under way behind the first of a line. A server that has to learn the script
    // first would take those that come after the lesson before those that came too early for it.
    boolean begins = inLine != null && inLine.first() + before == 1;
    var answer = begins ? line.runWhole(script, call) : line.run(script, call);
    return Told.outcomes(stream, answer, entries.size());
  }

  /** In milliseconds: a lifetime that Redis refuses would be found out behind the first XADD. */
  private static long lifetime(Duration time) {
    return Math.clamp(
        time.compareTo(LONGEST) > 0 ? Long.MAX_VALUE : time.toMillis(), 1, LONGEST.toMillis());
  }

  /** What comes before a slice belongs to the same append, and is to be there. */
  private static long after(Dedup.InLine line, int before) {
    return before == 0 ? line.after() : line.first() + before - 1;
  }

  private static Optional<Duration> window(Dedup dedup) {
    return switch (dedup) {
      case Dedup.ById byId -> Optional.of(byId.window());
      case Dedup.InLine inLine -> inLine.idWindow();
      default -> Optional.empty();
    };
  }

  private static List<@Nullable String> markers(String stream, List<Entry> entries, Dedup dedup) {
    boolean looked = window(dedup).isPresent();
    boolean all = dedup instanceof Dedup.ById;
    var markers = new ArrayList<@Nullable String>(entries.size());
    for (Entry entry : entries) {
      boolean has = looked && (all || entry.id().isPresent());
      markers.add(has ? Keys.id(stream, entry.id().orElse("")) : null);
    }
    return markers;
  }
}
