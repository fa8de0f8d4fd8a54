package dev.millrace.broker.api.spi;

/**
 * Where an entry stands in its stream, in the backend's terms.
 *
 * @param value the backend's text for it
 */
public record Position(String value) {
  @Override
  public String toString() {
    return value;
  }
}
