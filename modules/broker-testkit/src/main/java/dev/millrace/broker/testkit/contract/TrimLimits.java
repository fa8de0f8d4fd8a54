package dev.millrace.broker.testkit.contract;

import dev.millrace.broker.api.spi.Trimming.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Short words for bounds of trimming. */
final class TrimLimits {
  private TrimLimits() {}

  /** Only so many stay, of those that no group needs. */
  static Limits keep(long maxLength) {
    return new Limits(
        OptionalLong.of(maxLength), Optional.empty(), 0, Duration.ZERO, Set.of(), true, 1_000);
  }

  /** Only so many stay, whoever needs them. */
  static Limits drop(long maxLength) {
    return with(keep(maxLength), Set.of(), false, 1_000);
  }

  /** None older stays, of those that no group needs. */
  static Limits younger(Duration maxAge) {
    return new Limits(
        OptionalLong.empty(), Optional.of(maxAge), 0, Duration.ZERO, Set.of(), true, 1_000);
  }

  static Limits withFloors(Limits limits, long minCount, Duration minAge) {
    return new Limits(
        limits.maxLength(),
        limits.maxAge(),
        minCount,
        minAge,
        limits.declaredGroups(),
        limits.unread(),
        limits.slice());
  }

  static Limits with(Limits limits, Set<String> declared, boolean unread, int slice) {
    return new Limits(
        limits.maxLength(),
        limits.maxAge(),
        limits.minCount(),
        limits.minAge(),
        declared,
        unread,
        slice);
  }

  /** Ages are counted from no later time. */
  static Limits at(Instant latest, Limits limits) {
    return new Limits(
        limits.maxLength(),
        limits.maxAge(),
        limits.minCount(),
        limits.minAge(),
        limits.declaredGroups(),
        limits.unread(),
        limits.slice(),
        Optional.of(latest));
  }
}
