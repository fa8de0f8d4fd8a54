package dev.millrace.app.demo;

import dev.millrace.broker.api.Names;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes an order of texts by name, and says everything that is wrong with them at once. */
final class OrderCheck {
  static final List<String> FIELDS =
      List.of("id", "customer", "sku", "quantity", "cents", "currency", "country", "time");

  private static final Pattern CURRENCY = Pattern.compile("[A-Z]{3}");
  private static final Pattern COUNTRY = Pattern.compile("[A-Z]{2}");
  private static final int LONGEST = 100;

  private final Function<String, @Nullable String> values;
  private final List<String> faults = new ArrayList<>();

  private OrderCheck(Function<String, @Nullable String> values) {
    this.values = values;
  }

  static Order order(Function<String, @Nullable String> values) throws BadLineException {
    return new OrderCheck(values).order();
  }

  private Order order() throws BadLineException {
    var order =
        new Order(
            text("id"),
            text("customer"),
            text("sku"),
            (int) number("quantity", 1, 1_000_000),
            number("cents", 0, 1_000_000_000_000L),
            matching("currency", CURRENCY, "three capital letters such as EUR"),
            matching("country", COUNTRY, "two capital letters such as DE"),
            time());
    if (!faults.isEmpty()) {
      throw new BadLineException(faults);
    }
    return order;
  }

  private String text(String name) {
    String value = values.apply(name);
    if (value == null || value.isBlank()) {
      faults.add(name + " is missing");
      return "";
    }
    if (value.length() > LONGEST) {
      faults.add(name + " has " + value.length() + " characters, at most " + LONGEST + " fit");
    } else if (value.indexOf('\uFFFD') >= 0) {
      faults.add(name + " is not UTF-8");
    } else if (value.chars().anyMatch(Character::isISOControl)) {
      faults.add(name + " has a control character");
    }
    return value.strip();
  }

  private String matching(String name, Pattern form, String meant) {
    int before = faults.size();
    String value = text(name);
    if (faults.size() == before && !form.matcher(value).matches()) {
      faults.add(name + " '" + Names.printable(value) + "' is not " + meant);
    }
    return value;
  }

  private long number(String name, long from, long to) {
    int before = faults.size();
    String value = text(name);
    if (faults.size() > before) {
      return from;
    }
    try {
      long number = Long.parseLong(value);
      if (number < from || number > to) {
        faults.add(name + " " + number + " is not between " + from + " and " + to);
      }
      return number;
    } catch (NumberFormatException notANumber) {
      faults.add(name + " '" + Names.printable(value) + "' is not a whole number");
      return from;
    }
  }

  private Instant time() {
    int before = faults.size();
    String value = text("time");
    try {
      return faults.size() > before ? Instant.EPOCH : Instant.parse(value);
    } catch (DateTimeException notATime) {
      faults.add(
          "time '" + Names.printable(value) + "' is not a time such as 2026-03-01T09:30:00Z");
      return Instant.EPOCH;
    }
  }
}
