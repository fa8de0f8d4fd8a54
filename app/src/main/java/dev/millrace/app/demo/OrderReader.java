package dev.millrace.app.demo;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads orders from an input up to a number of them, from its start again where that number is
 * larger than the input; ids then get a round's number, so that each is unique. Used by one thread.
 */
final class OrderReader implements Closeable {
  private final OrderInput input;
  private final long most;
  private final BadLines bad;
  private Lines lines;
  private @Nullable OrderFormat format;
  private int round = 1;
  private long read;
  private long readThisRound;

  /** Hears of lines that are no orders. */
  interface BadLines {
    void bad(long line, String reason);
  }

  /**
   * Opens the input.
   *
   * @param most how many orders; zero: those in the input, once
   */
  OrderReader(OrderInput input, long most, BadLines bad) throws IOException {
    this.input = input;
    this.most = most;
    this.bad = bad;
    this.lines = new Lines(input.opener().open());
  }

  /** The next order, or null when there is no more. */
  @Nullable Order next() throws IOException {
    while (most == 0 || read < most) {
      String line = lines.next();
      if (line == null) {
        if (!again()) {
          return null;
        }
        continue;
      }
      Order order = order(line);
      if (order != null) {
        read++;
        readThisRound++;
        return round == 1 ? order : order.withId(order.id() + "-" + round);
      }
    }
    return null;
  }

  private @Nullable Order order(String line) {
    try {
      if (lines.cut()) {
        throw new BadLineException("longer than " + Lines.LONGEST + " characters");
      }
      if (format == null) {
        if (line.isBlank()) {
          return null;
        }
        format = OrderFormat.of(input.name(), line.stripLeading());
      }
      return format.read(line);
    } catch (BadLineException no) {
      // Said once, not again in each round.
      if (round == 1) {
        bad.bad(lines.number(), no.reason());
      }
      return null;
    }
  }

  private boolean again() throws IOException {
    if (most == 0 || readThisRound == 0 || !input.repeatable()) {
      return false;
    }
    lines.close();
    lines = new Lines(input.opener().open());
    format = null;
    round++;
    readThisRound = 0;
    return true;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
