package dev.millrace.app.demo;

import java.time.Duration;
import picocli.CommandLine.Option;

/** What the demo and its helpers agree on. */
final class DemoOptions {
  @Option(
      names = "--group",
      paramLabel = "NAME",
      defaultValue = "demo",
      description = "The consumer group. Default: ${DEFAULT-VALUE}.")
  private String group = "demo";

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      defaultValue = "demo:",
      description = "Begins the names of the two streams. Default: ${DEFAULT-VALUE}.")
  private String prefix = "demo:";

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "50",
      description = "How many messages a consumer handles at once. Default: ${DEFAULT-VALUE}.")
  private int concurrency = 50;

  @Option(
      names = "--work",
      paramLabel = "TIME",
      defaultValue = "0ms",
      description = "How long handling an order takes. Default: ${DEFAULT-VALUE}.")
  private Duration work = Duration.ZERO;

  @Option(names = "--verbose", description = "Print the stack trace of a failure too.")
  private boolean verbose;

  String group() {
    return group;
  }

  String prefix() {
    return prefix;
  }

  int concurrency() {
    return concurrency;
  }

  Duration work() {
    return work;
  }

  boolean verbose() {
    return verbose;
  }
}
