package dev.millrace.broker.api.spi;

import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * Ids of one producer instance: 60 random bits that name the instance, and a sequence. Short,
 * because each id is kept with its message; rising within the instance, so that a backend can tell
 * a repeat by its number.
 */
public final class MessageIds {
  private static final int INSTANCE_DIGITS = 12;
  private static final String DIGITS = "0123456789abcdefghijkmnpqrstuvwx";

  private final String producer;
  private final AtomicLong sequence = new AtomicLong();

  /** For one instance. */
  public MessageIds(RandomGenerator random) {
    long bits = random.nextLong();
    var text = new StringBuilder(INSTANCE_DIGITS);
    for (int i = 0; i < INSTANCE_DIGITS; i++) {
      text.append(DIGITS.charAt((int) (bits & 31)));
      bits >>>= 5;
    }
    this.producer = text.toString();
  }

  /** What all ids begin with, before a hyphen. */
  public String producer() {
    return producer;
  }

  /** The next id; thread-safe. */
  public String next() {
    return producer + '-' + Long.toString(sequence.incrementAndGet(), Character.MAX_RADIX);
  }
}
