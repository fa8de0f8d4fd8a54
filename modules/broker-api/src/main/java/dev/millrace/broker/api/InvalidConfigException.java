package dev.millrace.broker.api;

import java.util.List;

/** Names, sizes or settings that cannot be used; all faults at once. Nothing was changed. */
public final class InvalidConfigException extends BrokerException {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("serial") // always an immutable list of strings
  private final List<String> faults;

  /**
   * From the faults found.
   *
   * @param operation what was being done
   * @param faults at least one, each naming the value and the fix
   */
  public InvalidConfigException(String operation, List<String> faults) {
    this(operation, "configuration", faults);
  }

  /** From the faults found in the configuration of a named thing. */
  public InvalidConfigException(String operation, String component, List<String> faults) {
    super(
        operation,
        component,
        (faults.size() == 1 ? "1 fault: " : faults.size() + " faults: ")
            + String.join("; ", faults),
        "Correct " + (faults.size() == 1 ? "it" : "all of them") + " and try again",
        null);
    this.faults = List.copyOf(faults);
  }

  /** Each fault, in words. */
  public List<String> faults() {
    return faults;
  }
}
