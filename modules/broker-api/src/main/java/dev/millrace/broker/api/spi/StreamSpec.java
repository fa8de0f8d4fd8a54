package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.Durability;
import java.util.Set;

/**
 * A stream to be declared.
 *
 * @param name its name
 * @param groups groups that must have read an entry before it may go; made at the beginning of the
 *     stream where they do not exist
 * @param durability what whoever declares it is going to ask of its sends; a backend that finds
 *     that it cannot be had refuses the declaration
 */
public record StreamSpec(String name, Set<String> groups, Durability durability) {
  /** Copies the set. */
  public StreamSpec {
    groups = Set.copyOf(groups);
  }

  /** For one who does not send, or asks for no more than the memory of the server. */
  public StreamSpec(String name, Set<String> groups) {
    this(name, groups, Durability.memory());
  }
}
