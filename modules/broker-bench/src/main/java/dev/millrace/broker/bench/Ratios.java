package dev.millrace.broker.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Ratios of what was done twice in the same round, so that what made the machine slow for a while
 * is in both. Told as the mean of the middle half, which outliers do not move, with the interval in
 * which 95 of 100 draws of as many rounds (a seeded bootstrap) have it.
 */
final class Ratios {
  private static final int DRAWS = 2_000;
  private static final double OUTSIDE = 0.025;
  private static final long SEED = 20;

  private final List<Double> all = new ArrayList<>();

  /** What they come to. */
  record Interval(double middle, double low, double high) {
    boolean meets(Interval other) {
      return low <= other.high && other.low <= high;
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%.3f [%.3f, %.3f]", middle, low, high);
    }
  }

  void add(double one, double by) {
    all.add(one / by);
  }

  Interval interval() {
    var random = new Random(SEED);
    double[] draws = new double[DRAWS];
    for (int draw = 0; draw < DRAWS; draw++) {
      draws[draw] = middle(random.ints(all.size(), 0, all.size()).mapToObj(all::get).toList());
    }
    Arrays.sort(draws);
    int outside = (int) (DRAWS * OUTSIDE);
    return new Interval(middle(all), draws[outside], draws[DRAWS - 1 - outside]);
  }

  /** The mean of the middle half. */
  static double middle(List<Double> values) {
    int quarter = values.size() / 4;
    return values.stream()
        .sorted()
        .skip(quarter)
        .limit(values.size() - 2L * quarter)
        .mapToDouble(Double::doubleValue)
        .average()
        .orElse(Double.NaN);
  }
}
