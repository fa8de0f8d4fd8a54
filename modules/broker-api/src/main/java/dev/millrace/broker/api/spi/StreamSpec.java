package dev.millrace.broker.api.spi;

import java.util.Set;

/**
 * A stream to be declared.
 *
 * @param name its name
 * @param groups groups that must have read an entry before it may go; made at the beginning of the
 *     stream where they do not exist
 */
public record StreamSpec(String name, Set<String> groups) {
  /** Copies the set. */
  public StreamSpec {
    groups = Set.copyOf(groups);
  }
}
