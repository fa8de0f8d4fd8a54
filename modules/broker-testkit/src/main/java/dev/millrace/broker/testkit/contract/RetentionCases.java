package dev.millrace.broker.testkit.contract;

import dev.millrace.broker.api.spi.Trimming.Limits;
import dev.millrace.broker.testkit.contract.RetentionCase.Added;
import dev.millrace.broker.testkit.contract.RetentionCase.Group;
import dev.millrace.broker.testkit.contract.RetentionCase.Read;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes a random case; used once. */
final class RetentionCases {
  private static final int MOST_ENTRIES = 60;

  // Some streams are so long that a slice does not see all of them; few, for they take their time.
  private static final int FEWEST_OF_LONG = 300;
  private static final int MOST_OF_LONG = 2_000;

  private final RandomGenerator random;
  private final long seed;
  private final Instant now;

  // Ages are counted from this time, exactly; null: from the backend's clock, which goes on while
  // the test runs, so that they differ by hours.
  private final @Nullable Instant exactly;

  private RetentionCases(long seed, Instant now) {
    this.random = new SplittableRandom(seed);
    this.seed = seed;
    this.now = now;
    this.exactly = oneIn(2) ? now.minusMillis(random.nextInt(1_000)) : null;
  }

  /** The case of a seed. */
  static RetentionCase make(long seed, Instant now) {
    return new RetentionCases(seed, Instant.ofEpochMilli(now.toEpochMilli())).make();
  }

  private RetentionCase make() {
    var entries = new ArrayList<Added>();
    var deleted = new ArrayList<Added>();
    boolean gaps = oneIn(3);
    for (Added each : added()) {
      (gaps && oneIn(5) ? deleted : entries).add(each);
    }
    for (int i = 0; i < entries.size(); i++) {
      entries.set(i, entries.get(i).at(i));
    }
    var groups = new ArrayList<Group>();
    var declared = new HashSet<String>();
    int count = random.nextInt(5);
    for (int i = 1; i <= count; i++) {
      Group group = group("g" + i, entries);
      groups.add(group);
      if (oneIn(2)) {
        declared.add(group.name());
      }
    }
    if (oneIn(8)) {
      declared.add("absent");
    }
    if (oneIn(20)) {
      declared.add("later");
    }
    return new RetentionCase(seed, now, entries, deleted, groups, limits(entries.size(), declared));
  }

  private int length() {
    if (oneIn(1_000)) {
      return random.nextInt(FEWEST_OF_LONG, MOST_OF_LONG + 1);
    }
    return oneIn(20) ? 0 : random.nextInt(MOST_ENTRIES + 1);
  }

  private List<Added> added() {
    int count = length();
    long[] times = new long[count];
    for (int i = 0; i < count; i++) {
      times[i] = time().toEpochMilli();
    }
    java.util.Arrays.sort(times);
    var entries = new ArrayList<Added>();
    for (int i = 0; i < count; i++) {
      int sequence = i > 0 && times[i - 1] == times[i] ? entries.getLast().sequence() + 1 : 0;
      entries.add(new Added(i, "e" + (i + 1), times[i], sequence));
    }
    return entries;
  }

  // Mostly in the past, at times beyond now, as a clock that was set back leaves them.
  private Instant time() {
    return exactly != null
        ? exactly.minusMillis(random.nextInt(-4, 20))
        : now.minus(Duration.ofHours(random.nextInt(-2, 20))).minusMillis(random.nextInt(3));
  }

  /** One that is the age of an entry, where time stands still. */
  private Duration age() {
    return exactly != null
        ? Duration.ofMillis(random.nextInt(22))
        : Duration.ofHours(random.nextInt(22)).plusMinutes(30);
  }

  private Group group(String name, List<Added> entries) {
    int begins = oneIn(4) ? random.nextInt(entries.size() + 1) : 0;
    int most = entries.size() - begins;
    int read = oneIn(3) ? most : random.nextInt(most + 1);
    int first = read == 0 ? 0 : random.nextInt(read + 1);
    var reads = new ArrayList<Read>();
    addRead(reads, name + "-a", first);
    addRead(reads, name + "-b", read - first);
    int acknowledgedOfTen = List.of(0, 5, 9, 10).get(random.nextInt(4));
    var acknowledged = new HashSet<String>();
    for (Added entry : entries.subList(begins, begins + read)) {
      if (random.nextInt(10) < acknowledgedOfTen) {
        acknowledged.add(entry.id());
      }
    }
    OptionalInt setTo =
        oneIn(4) ? OptionalInt.of(random.nextInt(entries.size() + 1)) : OptionalInt.empty();
    return new Group(name, begins, reads, acknowledged, setTo);
  }

  private static void addRead(List<Read> reads, String consumer, int count) {
    if (count > 0) {
      reads.add(new Read(consumer, count));
    }
  }

  private Limits limits(int length, Set<String> declared) {
    OptionalLong maxLength =
        oneIn(4) ? OptionalLong.empty() : OptionalLong.of(random.nextInt(length + 5));
    Optional<Duration> maxAge = oneIn(2) ? Optional.of(age()) : Optional.empty();
    long minCount = oneIn(2) ? 0 : random.nextInt(length + 5);
    Duration minAge = oneIn(2) ? Duration.ZERO : age();
    boolean unread = random.nextInt(10) < 6;
    int slice = 1 + random.nextInt(oneIn(5) ? 5 : 100);
    if (length > MOST_ENTRIES) {
      slice *= 20;
    }
    return new Limits(
        maxLength,
        maxAge,
        minCount,
        minAge,
        declared,
        unread,
        slice,
        Optional.ofNullable(latest()));
  }

  private @Nullable Instant latest() {
    return exactly == null && oneIn(2) ? now.plus(Duration.ofDays(1)) : exactly;
  }

  private boolean oneIn(int many) {
    return random.nextInt(many) == 0;
  }
}
