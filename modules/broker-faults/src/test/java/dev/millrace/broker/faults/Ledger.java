package dev.millrace.broker.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.testkit.History;
import dev.millrace.broker.testkit.TotalQueueCheck;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a stream holds, read entry by entry: each order of a {@link BackupSender} must be there
 * once, and the orders of a key in the order in which they were sent.
 *
 * @param ids the fields {@code id}, in the order of the stream
 */
record Ledger(List<String> ids) {
  private static final int PAGE = 5_000;

  static Ledger of(RedisServer redis, String stream) {
    var ids = new ArrayList<String>();
    String from = "-";
    while (true) {
      var page =
          (List<?>) redis.command("XRANGE", stream, from, "+", "COUNT", String.valueOf(PAGE));
      for (Object each : page) {
        var entry = (List<?>) each;
        ids.add(field((List<?>) entry.get(1), "id"));
        from = "(" + entry.get(0);
      }
      if (page.size() < PAGE) {
        return new Ledger(ids);
      }
    }
  }

  private static String field(List<?> namesAndValues, String name) {
    for (int i = 0; i + 1 < namesAndValues.size(); i += 2) {
      if (name.equals(namesAndValues.get(i))) {
        return String.valueOf(namesAndValues.get(i + 1));
      }
    }
    throw new AssertionError("an entry without a field " + name + ": " + namesAndValues);
  }

  /** Fails unless all accepted orders are there, none twice, and those of each key in order. */
  TotalQueueCheck check(History sent) {
    ids.forEach(sent::handled);
    TotalQueueCheck check = TotalQueueCheck.of(sent);
    check.assertSound(0);
    Map<String, Integer> last = new HashMap<>();
    var disordered = new ArrayList<String>();
    for (String id : ids) {
      int dash = id.lastIndexOf('-');
      int number = Integer.parseInt(id.substring(dash + 1));
      Integer before = last.put(id.substring(0, dash), number);
      if (before != null && before >= number) {
        disordered.add(id + " behind number " + before);
      }
    }
    assertEquals(List.of(), disordered, "orders of a key that are not in order");
    return check;
  }
}
