package dev.millrace.broker.api;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Which dead letters go back, and how fast. Immutable. */
public final class Redrive {
  private final Optional<String> id;
  private final Optional<String> fingerprint;
  private final OptionalInt perSecond;
  private final OptionalLong atMost;
  private final boolean dryRun;

  private Redrive(
      Optional<String> id,
      Optional<String> fingerprint,
      OptionalInt perSecond,
      OptionalLong atMost,
      boolean dryRun) {
    this.id = id;
    this.fingerprint = fingerprint;
    this.perSecond = perSecond;
    this.atMost = atMost;
    this.dryRun = dryRun;
  }

  /** Every letter that is there when it begins, as fast as the backend can. */
  public static Redrive all() {
    return new Redrive(
        Optional.empty(), Optional.empty(), OptionalInt.empty(), OptionalLong.empty(), false);
  }

  /** Only the letter of the message with this id. */
  public static Redrive id(String id) {
    return new Redrive(
        Optional.of(id), Optional.empty(), OptionalInt.empty(), OptionalLong.empty(), false);
  }

  /** Only letters with this {@link DeadLetter#fingerprint()}. */
  public static Redrive fingerprint(String fingerprint) {
    return new Redrive(
        Optional.empty(),
        Optional.of(fingerprint),
        OptionalInt.empty(),
        OptionalLong.empty(),
        false);
  }

  /**
   * Not more than so many a second. Default: no limit.
   *
   * @throws InvalidConfigException if it is below 1
   */
  public Redrive perSecond(int rate) {
    atLeastOne("rate " + rate + " a second", rate);
    return new Redrive(id, fingerprint, OptionalInt.of(rate), atMost, dryRun);
  }

  /**
   * Only the oldest so many of those selected. Default: no limit.
   *
   * @throws InvalidConfigException if it is below 1
   */
  public Redrive atMost(long count) {
    atLeastOne("at most " + count, count);
    return new Redrive(id, fingerprint, perSecond, OptionalLong.of(count), dryRun);
  }

  /** Only tells what would go. */
  public Redrive dryRun() {
    return new Redrive(id, fingerprint, perSecond, atMost, true);
  }

  private static void atLeastOne(String what, long value) {
    if (value < 1) {
      throw new InvalidConfigException("redrive", List.of(what + ": give at least 1"));
    }
  }

  /** Whether a letter is selected. */
  public boolean selects(DeadLetter letter) {
    return id.map(letter.id()::equals).orElse(true)
        && fingerprint.map(letter.fingerprint()::equals).orElse(true);
  }

  /** See {@link #perSecond(int)}. */
  public OptionalInt perSecond() {
    return perSecond;
  }

  /** See {@link #atMost(long)}. */
  public OptionalLong atMost() {
    return atMost;
  }

  /** See {@link #dryRun()}. */
  public boolean isDryRun() {
    return dryRun;
  }

  @Override
  public String toString() {
    String which =
        id.map(value -> "id " + Names.printable(value))
            .or(() -> fingerprint.map(value -> "fingerprint " + Names.printable(value)))
            .orElse("all");
    return "Redrive[" + which + (dryRun ? ", dry run]" : "]");
  }
}
