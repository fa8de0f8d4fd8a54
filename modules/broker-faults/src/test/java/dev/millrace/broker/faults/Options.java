package dev.millrace.broker.faults;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Arguments {@code name=value} of a program under test. */
record Options(Map<String, String> values) {
  static Options of(String[] args) {
    var values = new HashMap<String, String>();
    for (String each : args) {
      int equals = each.indexOf('=');
      values.put(each.substring(0, equals), each.substring(equals + 1));
    }
    return new Options(values);
  }

  String text(String name) {
    return find(name).orElseThrow(() -> new IllegalArgumentException("no argument " + name));
  }

  Optional<String> find(String name) {
    return Optional.ofNullable(values.get(name));
  }

  int number(String name, int byDefault) {
    return find(name).map(Integer::parseInt).orElse(byDefault);
  }

  Duration millis(String name, long byDefault) {
    return Duration.ofMillis(find(name).map(Long::parseLong).orElse(byDefault));
  }
}
