package dev.millrace.broker.cleanup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.Priority;
import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.RetentionReport.Floor;
import dev.millrace.broker.api.RetentionReport.Reason;
import dev.millrace.broker.api.RetentionReport.Rule;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.cleanup.RetentionPlan.Hold;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetentionTest {
  private static final OptionalDouble ENOUGH = OptionalDouble.of(0.1);

  private static StreamConfig.Builder orders() {
    return StreamConfig.builder("orders").minRetentionTime(Duration.ZERO).minRetentionCount(0);
  }

  private static RetentionPlan plan(Standing stream, StreamConfig.Builder policy) {
    return Retention.plan(stream, policy.build(), ENOUGH);
  }

  /** So many entries that all are old, and that every group has read. */
  private static Standing old(long length) {
    return new Standing(length, 0, length, Map.of());
  }

  @Test
  void whatIsBeyondMaxLengthGoes() {
    assertEquals(
        new RetentionPlan(40, List.of(new Reason(Rule.MAX_LENGTH, 40)), List.of()),
        plan(old(100), orders().maxLength(60)));
    assertEquals(new RetentionPlan(0, List.of(), List.of()), plan(old(60), orders().maxLength(60)));
  }

  @Test
  void whatIsOlderThanMaxAgeGoesAndTheRuleThatWantsMostIsNamedFirst() {
    assertEquals(
        new RetentionPlan(
            55, List.of(new Reason(Rule.MAX_AGE, 55), new Reason(Rule.MAX_LENGTH, 40)), List.of()),
        plan(
            new Standing(100, 55, 100, Map.of()),
            orders().maxLength(60).maxAge(Duration.ofHours(1))));
  }

  @Test
  void theNewestMinRetentionCountStayHoweverOld() {
    RetentionPlan plan =
        plan(
            new Standing(100, 100, 100, Map.of()),
            orders().maxAge(Duration.ofHours(1)).minRetentionCount(30));
    assertEquals(70, plan.goes());
    assertEquals(List.of(new Hold(Floor.MIN_RETENTION_COUNT, 30, Optional.empty())), plan.holds());
  }

  @Test
  void whatIsYoungerThanMinRetentionTimeStaysHoweverMany() {
    RetentionPlan plan =
        plan(
            new Standing(100, 0, 25, Map.of()),
            orders().maxLength(10).minRetentionTime(Duration.ofMinutes(10)));
    assertEquals(25, plan.goes());
    assertEquals(List.of(new Hold(Floor.MIN_RETENTION_TIME, 65, Optional.empty())), plan.holds());
  }

  @Test
  void everyGroupThatHoldsIsNamedTheOneFurthestBehindFirst() {
    RetentionPlan plan =
        plan(
            new Standing(100, 0, 100, Map.of("billing", 20L, "audit", 5L, "mail", 100L)),
            orders().maxLength(10));
    assertEquals(5, plan.goes());
    assertEquals(
        List.of(
            new Hold(Floor.GROUP, 85, Optional.of("audit")),
            new Hold(Floor.GROUP, 70, Optional.of("billing"))),
        plan.holds());
  }

  @Test
  void groupsDoNotHoldWhereThePolicyDropsOrNobodyReads() {
    var stream = new Standing(100, 0, 100, Map.of("billing", 20L));
    assertEquals(90, plan(stream, orders().maxLength(10).overflow(Overflow.drop())).goes());
    assertEquals(90, plan(stream, orders().maxLength(10).history(true)).goes());
    assertEquals(20, plan(stream, orders().maxLength(10)).goes());
  }

  @Test
  void otherFloorsHoldWhereThePolicyDrops() {
    var policy = orders().maxLength(30).minRetentionCount(30).overflow(Overflow.drop());
    assertEquals(40, plan(new Standing(100, 0, 40, Map.of("billing", 0L)), policy).goes());
    assertEquals(70, plan(new Standing(100, 0, 100, Map.of("billing", 0L)), policy).goes());
  }

  @Test
  void memoryTakesAShareAndSaysSo() {
    RetentionPlan plan =
        Retention.plan(old(1_000), orders().maxLength(5_000).build(), OptionalDouble.of(0.86));
    assertEquals(new RetentionPlan(500, List.of(new Reason(Rule.MEMORY, 500)), List.of()), plan);
  }

  @Test
  void memoryIsNoRuleWhereThereIsNoLimitOrRoomEnough() {
    var policy = orders().priority(Priority.LOW).build();
    assertEquals(0, Retention.plan(old(1_000), policy, OptionalDouble.empty()).goes());
    assertEquals(0, Retention.plan(old(1_000), policy, OptionalDouble.of(0.699)).goes());
  }

  @Test
  void lowShrinksFirstThenNormalThenHighThenCritical() {
    assertEquals(List.of(), shrinking(0.69));
    assertEquals(List.of(Priority.LOW), shrinking(0.70));
    assertEquals(List.of(Priority.LOW, Priority.NORMAL), shrinking(0.80));
    assertEquals(List.of(Priority.LOW, Priority.NORMAL, Priority.HIGH), shrinking(0.88));
    assertEquals(List.of(Priority.values()), shrinking(0.95));
  }

  private static List<Priority> shrinking(double memory) {
    return LongStream.range(0, Priority.values().length)
        .mapToObj(i -> Priority.values()[(int) i])
        .filter(priority -> left(priority, memory) < 100_000)
        .toList();
  }

  private static long left(Priority priority, double memory) {
    var policy =
        StreamConfig.builder("s").priority(priority).minRetentionTime(Duration.ZERO).build();
    return 100_000 - Retention.plan(old(100_000), policy, OptionalDouble.of(memory)).goes();
  }

  @ParameterizedTest
  @EnumSource
  void aPriorityHasItsFloorsLeftWhenMemoryIsShortest(Priority priority) {
    assertEquals(90_000, left(priority, priority.shrinksFrom()));
    assertTrue(left(priority, priority.floorsFrom() - 0.01) > priority.minRetentionCount());
    assertEquals(priority.minRetentionCount(), left(priority, priority.floorsFrom()));
    assertEquals(priority.minRetentionCount(), left(priority, 1.5));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.95, 0.99, 1.0, 3.0})
  void criticalNeverGoesBelowItsFloors(double memory) {
    var policy = StreamConfig.builder("s").priority(Priority.CRITICAL).build();
    var memoryIsShort = OptionalDouble.of(memory);
    assertEquals(0, Retention.plan(old(10_000), policy, memoryIsShort).goes());
    var young = new Standing(100_000, 0, 7, Map.of());
    assertEquals(7, Retention.plan(young, policy, memoryIsShort).goes());
    var unread = new Standing(100_000, 0, 100_000, Map.of("billing", 3L));
    assertEquals(3, Retention.plan(unread, policy, memoryIsShort).goes());
  }

  /** Every small stream under every small policy, against a look at each entry by itself. */
  @Test
  void agreesWithWhatIsFoundForEachEntryByItself() {
    long cases = 0;
    for (int length = 0; length <= 5; length++) {
      for (StreamConfig policy : policies(length + 1)) {
        for (double memory : new double[] {0, 0.8, 0.86, 0.92}) {
          for (Standing stream : standings(length)) {
            check(stream, policy, memory);
            cases++;
          }
        }
      }
    }
    assertTrue(cases > 600_000, cases + " cases");
  }

  private static List<StreamConfig> policies(int most) {
    var all = new ArrayList<StreamConfig>();
    for (int maxLength = 1; maxLength <= most; maxLength++) {
      for (int minCount = 0; minCount <= most; minCount++) {
        for (var overflow : List.of(Overflow.reject(), Overflow.drop())) {
          // As changes at run time, which may leave a bound below a floor.
          all.add(
              orders()
                  .overflow(overflow)
                  .build()
                  .changedBy(RetentionPolicy.builder().minRetentionCount(minCount).build())
                  .changedBy(RetentionPolicy.builder().maxLength(maxLength).build()));
        }
      }
    }
    return all;
  }

  private static List<Standing> standings(int length) {
    var all = new ArrayList<Standing>();
    for (int tooOld = 0; tooOld <= length; tooOld++) {
      for (int oldEnough = 0; oldEnough <= length; oldEnough++) {
        all.add(new Standing(length, tooOld, oldEnough, Map.of()));
        for (long billing = 0; billing <= length; billing++) {
          for (long audit = 0; audit <= length; audit++) {
            var free = Map.of("billing", billing, "audit", audit);
            all.add(new Standing(length, tooOld, oldEnough, free));
          }
        }
      }
    }
    return all;
  }

  private static void check(Standing stream, StreamConfig policy, double memory) {
    RetentionPlan plan = Retention.plan(stream, policy, OptionalDouble.of(memory));
    long length = stream.length();
    // From 0.80 a tenth, at 0.86 half, from 0.92 everything.
    double kept = memory == 0 ? 1 : memory == 0.8 ? 0.9 : memory == 0.86 ? 0.5 : 0;
    LongPredicate tooMany = entry -> length - entry > policy.maxLength();
    LongPredicate tooOld = entry -> entry < stream.tooOld();
    LongPredicate among = entry -> length - entry <= policy.minRetentionCount();
    // What is above the floor of its own rule; a share that leaves more than maxLength is none.
    long room = Math.max(policy.minRetentionCount(), (long) Math.floor(length * kept));
    LongPredicate forMemory =
        entry -> kept < 1 && room < policy.maxLength() && length - entry > room;
    LongPredicate wanted = tooMany.or(tooOld).or(forMemory);
    LongPredicate young = entry -> entry >= stream.oldEnough();
    boolean drops = policy.overflow() instanceof Overflow.Drop;
    LongPredicate unread =
        entry -> !drops && stream.free().values().stream().anyMatch(free -> entry >= free);

    Supplier<String> seen = () -> stream + " " + policy + " " + memory + " " + plan;
    LongPredicate held = among.or(young).or(unread);
    assertEquals(count(length, wanted.and(held.negate())), plan.goes(), seen);
    assertEquals(count(length, tooMany), wants(plan, Rule.MAX_LENGTH), seen);
    assertEquals(count(length, tooOld), wants(plan, Rule.MAX_AGE), seen);
    assertEquals(count(length, forMemory), wants(plan, Rule.MEMORY), seen);
    assertEquals(count(length, wanted.and(among)), holds(plan, Floor.MIN_RETENTION_COUNT), seen);
    assertEquals(count(length, wanted.and(young)), holds(plan, Floor.MIN_RETENTION_TIME), seen);
    assertEquals(count(length, wanted.and(unread)), holds(plan, Floor.GROUP), seen);
  }

  private static long count(long length, LongPredicate which) {
    return LongStream.range(0, length).filter(which).count();
  }

  private static long wants(RetentionPlan plan, Rule rule) {
    return plan.reasons().stream()
        .filter(reason -> reason.rule() == rule)
        .mapToLong(Reason::entries)
        .sum();
  }

  private static long holds(RetentionPlan plan, Floor floor) {
    return plan.holds().stream()
        .filter(hold -> hold.floor() == floor)
        .mapToLong(Hold::entries)
        .max()
        .orElse(0);
  }
}
