package dev.millrace.broker.backend.redis.internal.reader;

import java.util.ArrayList;
import java.util.List;

/** Collects the arguments of a script. */
final class Arguments {
  private final List<byte[]> values = new ArrayList<>();

  /** Those that every script about a group's deliveries begins with. */
  static Arguments of(Lane lane) {
    return new Arguments().add(lane.groupBytes()).add(lane.consumerBytes());
  }

  Arguments add(byte[] value) {
    values.add(value);
    return this;
  }

  Arguments add(String value) {
    return add(Checked.text(value));
  }

  Arguments add(long value) {
    return add(Long.toString(value));
  }

  Arguments add(boolean value) {
    return add(value ? "1" : "0");
  }

  byte[][] toArray() {
    return values.toArray(byte[][]::new);
  }
}
