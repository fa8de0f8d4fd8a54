package dev.millrace.broker.testkit.fault;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * That a fault really happened: effects that were seen, by name. A run in which one was never seen
 * shows nothing, and fails as vacuous. Not thread-safe.
 */
public final class Evidence {
  private final Map<String, Long> effects = new LinkedHashMap<>();

  /** Nothing is looked for yet. */
  public Evidence() {}

  /**
   * An effect that has to be there.
   *
   * @param times how often it was seen; more than once adds up
   */
  public Evidence of(String effect, long times) {
    effects.merge(effect, times, Long::sum);
    return this;
  }

  /** An effect that is there or not. */
  public Evidence of(String effect, boolean seen) {
    return of(effect, seen ? 1 : 0);
  }

  /** Fails when nothing was expected, or an effect was not seen. */
  public void assertSeen() {
    if (effects.isEmpty()) {
      throw new AssertionError("vacuous: no effect of the fault was looked for");
    }
    var missing = new ArrayList<String>();
    effects.forEach(
        (effect, times) -> {
          if (times <= 0) {
            missing.add(effect);
          }
        });
    if (!missing.isEmpty()) {
      throw new AssertionError(
          "vacuous: the fault had no effect: " + String.join("; ", missing) + " (of " + this + ")");
    }
  }

  @Override
  public String toString() {
    return effects.toString();
  }
}
