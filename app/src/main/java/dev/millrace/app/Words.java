package dev.millrace.app;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Figures as a person reads them. */
final class Words {
  private Words() {}

  /** As 1,204. */
  static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** As "1 entry", "1,204 entries". */
  static String entries(long number) {
    return number == 1 ? "1 entry" : number(number) + " entries";
  }

  /** Entries, and what they do: "1 entry goes", "2 entries go". */
  static String entries(long number, String one, String more) {
    return entries(number) + " " + (number == 1 ? one : more);
  }

  /** As "1.5 entries a second", "12.0 entries a day". */
  static String rate(double perSecond) {
    double perHour = perSecond * 3_600;
    if (perSecond >= 1) {
      return String.format(Locale.ROOT, "%,.1f entries a second", perSecond);
    }
    return perHour >= 1
        ? String.format(Locale.ROOT, "%,.1f entries an hour", perHour)
        : String.format(Locale.ROOT, "%,.1f entries a day", perHour * 24);
  }

  /** About so long, in one unit. */
  static String about(Duration time) {
    Duration length = time.isNegative() ? Duration.ZERO : time;
    if (length.compareTo(Duration.ofSeconds(2)) < 0) {
      return length.toMillis() + " ms";
    }
    if (length.compareTo(Duration.ofMinutes(2)) < 0) {
      return length.toSeconds() + " s";
    }
    if (length.compareTo(Duration.ofHours(2)) < 0) {
      return length.toMinutes() + " min";
    }
    if (length.compareTo(Duration.ofDays(2)) < 0) {
      return length.toHours() + " h";
    }
    return number(length.toDays()) + " d";
  }

  /** Exactly so long: "1 d 12 h". */
  static String exactly(Duration time) {
    var parts = new ArrayList<String>();
    part(parts, time.toDays(), "d");
    part(parts, time.toHoursPart(), "h");
    part(parts, time.toMinutesPart(), "min");
    part(parts, time.toSecondsPart(), "s");
    part(parts, time.toMillisPart(), "ms");
    return parts.isEmpty() ? "0 s" : String.join(" ", parts);
  }

  private static void part(List<String> parts, long amount, String unit) {
    if (amount != 0) {
      parts.add(number(amount) + " " + unit);
    }
  }

  /** How long before: "3 h ago". */
  static String ago(Instant then, Instant now) {
    return about(Duration.between(then, now)) + " ago";
  }

  /** As an argument of a shell. */
  static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
