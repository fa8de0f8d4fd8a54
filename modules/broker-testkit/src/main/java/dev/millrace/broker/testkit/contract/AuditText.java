package dev.millrace.broker.testkit.contract;

import dev.millrace.broker.api.AuditSum;
import java.util.ArrayList;
import java.util.List;

/** Writes a sum down, without what is 0. */
final class AuditText {
  private AuditText() {}

  /** Such as {@code 3 + 1 = done 2 + pending 2}: three accepted, one foreign. */
  static String of(AuditSum sum) {
    if (!sum.exact()) {
      return sum.state().toString();
    }
    var parts = new ArrayList<String>();
    add(parts, "done", sum.done());
    add(parts, "skipped", sum.skipped());
    add(parts, "dead", sum.dead());
    add(parts, "waiting", sum.waiting());
    add(parts, "pending", sum.pending());
    add(parts, "parked", sum.parked());
    add(parts, "dropped", sum.dropped());
    add(parts, "expired", sum.expired());
    String left = sum.accepted() + (sum.foreign() == 0 ? "" : " + " + sum.foreign());
    return left + " = " + String.join(" + ", parts);
  }

  private static void add(List<String> parts, String name, long count) {
    if (count != 0) {
      parts.add(name + " " + count);
    }
  }
}
