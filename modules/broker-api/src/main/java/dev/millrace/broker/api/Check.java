package dev.millrace.broker.api;

import java.time.Duration;
import java.util.List;

/** Faults of single values, in one wording. */
final class Check {
  private Check() {}

  static void range(List<String> faults, String name, long value, long least, long most) {
    if (value < least || value > most) {
      faults.add(name + " is " + value + "; it goes from " + least + " to " + most);
    }
  }

  static void range(
      List<String> faults, String name, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      faults.add(name + " is " + value + "; it goes from " + least + " to " + most);
    }
  }
}
