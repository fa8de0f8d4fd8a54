package dev.millrace.broker.api.spi;

/**
 * Where an entry stands in its stream, in the backend's terms.
 *
 * @param value the backend's text for it
 */
public record Position(String value) {
  /** Somewhere in its stream: where is not known any more. */
  public static final Position UNKNOWN = new Position("");

  @Override
  public String toString() {
    return value;
  }
}
