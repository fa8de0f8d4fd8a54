package dev.millrace.broker.testkit.fault;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** The requests that came through a proxy: how many, of which command, how fast. Thread-safe. */
public final class CommandCounts {
  private final Map<String, LongAdder> byCommand = new ConcurrentHashMap<>();
  private final Map<Long, LongAdder> bySecond = new ConcurrentHashMap<>();

  CommandCounts() {}

  void add(String command) {
    byCommand
        .computeIfAbsent(command.toUpperCase(Locale.ROOT), name -> new LongAdder())
        .increment();
    long second = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime());
    bySecond.computeIfAbsent(second, each -> new LongAdder()).increment();
  }

  /** How many of this command. */
  public long of(String command) {
    LongAdder count = byCommand.get(command.toUpperCase(Locale.ROOT));
    return count == null ? 0 : count.sum();
  }

  /** How many in all. */
  public long total() {
    return byCommand.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** The most in any one second: what a hot loop would show in. */
  public long busiestSecond() {
    return bySecond.values().stream().mapToLong(LongAdder::sum).max().orElse(0);
  }

  /** Begins again from nothing. */
  public void clear() {
    byCommand.clear();
    bySecond.clear();
  }

  @Override
  public String toString() {
    return byCommand.toString();
  }
}
