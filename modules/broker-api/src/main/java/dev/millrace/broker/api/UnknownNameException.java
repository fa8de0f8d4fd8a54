package dev.millrace.broker.api;

import java.util.List;

/** No component has this name. */
public final class UnknownNameException extends BrokerException {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("serial") // always an immutable list of strings
  private final List<String> nearMatches;

  /**
   * From the name and those that resemble it.
   *
   * @param kind what was asked for: "producer", "consumer"
   * @param nearMatches existing names, nearest first; may be empty
   */
  public UnknownNameException(
      String operation, String name, String kind, List<String> nearMatches) {
    super(
        operation,
        name,
        "there is no " + kind + " of this name",
        nearMatches.isEmpty()
            ? "Create it first; components() lists what there is"
            : "Did you mean " + String.join(", ", nearMatches) + "?",
        null);
    this.nearMatches = List.copyOf(nearMatches);
  }

  /** Existing names that resemble it, nearest first. */
  public List<String> nearMatches() {
    return nearMatches;
  }
}
