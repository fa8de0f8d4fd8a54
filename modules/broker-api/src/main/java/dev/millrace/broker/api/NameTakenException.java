package dev.millrace.broker.api;

/** A component of this name exists already. Nothing was changed. */
public final class NameTakenException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /**
   * From the name.
   *
   * @param kind what holds the name: "simple producer", "consumer"
   */
  public NameTakenException(String operation, String name, String kind) {
    super(
        operation,
        name,
        "the name is taken by a " + kind,
        "Choose another name, use the existing one, or remove it first",
        null);
  }
}
