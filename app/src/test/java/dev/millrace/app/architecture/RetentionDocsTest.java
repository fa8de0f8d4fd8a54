package dev.millrace.app.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Priority;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What the documentation says of priorities is what they are. */
class RetentionDocsTest {
  @Test
  void theTableOfPrioritiesIsThatOfTheEnum() throws IOException {
    var table = new ArrayList<String>();
    table.add(row("", Priority::name));
    table.add("|---|---|---|---|---|");
    table.add(row("cleanupInterval", priority -> time(priority.cleanupInterval())));
    table.add(row("minRetentionTime", priority -> time(priority.minRetentionTime())));
    table.add(row("minRetentionCount", priority -> number(priority.minRetentionCount())));
    table.add(row("shrinks from", priority -> share(priority.shrinksFrom())));
    table.add(row("floors from", priority -> share(priority.floorsFrom())));
    table.add(row("looked at while memory is short", priority -> time(priority.urgentInterval())));

    List<String> lines = Files.readAllLines(Reactor.root().resolve("docs/retention.md"));
    List<String> documented =
        lines.subList(lines.indexOf("## Priorities"), lines.indexOf("## Memory pressure")).stream()
            .filter(line -> line.startsWith("|"))
            .toList();
    assertEquals(String.join("\n", table), String.join("\n", documented));
  }

  private static String row(String name, Function<Priority, String> cell) {
    return "| "
        + (name.isEmpty() ? "" : name + " ")
        + "| "
        + String.join(" | ", Arrays.stream(Priority.values()).map(cell).toList())
        + " |";
  }

  private static String time(Duration time) {
    if (time.toDays() > 0) {
      return time.toDays() + " d";
    }
    if (time.toHours() > 0) {
      return time.toHours() + " h";
    }
    return time.toMinutes() > 0 ? time.toMinutes() + " min" : time.toSeconds() + " s";
  }

  private static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String share(double share) {
    return Math.round(share * 100) + " %";
  }
}
