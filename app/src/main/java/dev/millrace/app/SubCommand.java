package dev.millrace.app;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.EventOverflow;
import dev.millrace.broker.api.Gap;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.Subscription;
import dev.millrace.broker.api.SubscriptionConfig;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace pubsub sub}. */
@Command(
    name = "sub",
    description = "Prints the events of a channel as they come, until it is told to stop.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  millrace pubsub sub --url redis://localhost:6379 user.login",
      "  millrace pubsub sub --url redis://localhost:6379 --pattern 'user.*' --json",
      "  millrace pubsub sub --url redis://localhost:6379 user.login --durable mail",
      "",
      "A line is the channel, a tab and the event, control characters escaped; with --json it is",
      "an object of channel, id, headers and event. Times in which events may have been missed go",
      "to standard error, and at the end how many came and how many were dropped."
    })
final class SubCommand implements Callable<Integer>, Verbose {
  private static final String NAME = "sub";
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration DRAIN = Duration.ofSeconds(10);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();
  private final CountDownLatch stop = new CountDownLatch(1);

  @Parameters(paramLabel = "CHANNEL", description = "The channel, or the pattern with --pattern.")
  private String channel = "";

  @Option(
      names = "--pattern",
      description =
          "All channels that match: * stands for one segment between dots, ** at the end for one"
              + " or more.")
  private boolean pattern;

  @Option(
      names = "--durable",
      paramLabel = "NAME",
      description =
          "Have the channel's events kept under this name from now on, and print also those that"
              + " were published while nobody listened.")
  private @Nullable String durable;

  @Option(names = "--count", paramLabel = "N", description = "End after so many events.")
  private @Nullable Long count;

  @Option(names = "--json", description = "Print each event as a JSON object with its headers.")
  private boolean json;

  @Option(
      names = "--buffer",
      paramLabel = "N",
      description = "How many events may wait to be printed. Default: 10000.")
  private @Nullable Integer buffer;

  @Option(
      names = "--overflow",
      paramLabel = "POLICY",
      description =
          "What happens to an event for which there is no room: drop-oldest, drop-newest or close,"
              + " which ends with exit code 1. Default: drop-oldest.")
  private @Nullable String overflow;

  @Override
  public Integer call() throws Exception {
    String url = server.url();
    if (count != null && count < 1) {
      throw wrong("--count is " + count + "; give a number from 1.");
    }
    if (durable != null && (buffer != null || overflow != null)) {
      throw wrong(
          "--buffer and --overflow are for live events, and what --durable '"
              + durable
              + "' prints is kept; leave them out.");
    }
    SubscriptionConfig config = config();
    return Signals.run(stop::countDown, () -> listen(url, config));
  }

  private SubscriptionConfig config() {
    var config =
        pattern ? SubscriptionConfig.pattern(channel) : SubscriptionConfig.channel(channel);
    config.concurrency(1).inOrder(true).buffer(buffer == null ? 10_000 : buffer);
    if (overflow != null) {
      config.overflow(policy(overflow));
    }
    if (durable != null) {
      config.durable(durable);
    }
    return config.build();
  }

  private EventOverflow policy(String text) {
    for (EventOverflow policy : EventOverflow.values()) {
      if (policy.name().replace('_', '-').equalsIgnoreCase(text)) {
        return policy;
      }
    }
    throw wrong("--overflow '" + text + "' is not drop-oldest, drop-newest or close.");
  }

  private int listen(String url, SubscriptionConfig config) throws InterruptedException {
    var printer =
        new EventPrinter(spec.commandLine().getOut(), json, count == null ? Long.MAX_VALUE : count);
    try (StreamManager manager =
        StreamManager.connect(url, BrokerConfig.builder().appName("millrace-sub").build())) {
      Subscription subscription =
          manager.createSubscription(NAME, config, printer).onGap(this::tell);
      say(
          "listening to "
              + config.channel()
              + config.durable().map(name -> ", kept for " + name).orElse("")
              + " (pid "
              + ProcessHandle.current().pid()
              + ")");
      await(printer, subscription);
      boolean failed = subscription.state() == Component.State.FAILED;
      DrainReport report = subscription.stop(printer.enough() ? Duration.ZERO : DRAIN);
      summary(subscription, printer);
      if (failed) {
        say("millrace: " + subscription.info().lastError().orElse("the subscription has failed"));
      }
      boolean cutOff = !printer.enough() && !report.clean();
      return failed || cutOff ? Failures.FAILED : 0;
    }
  }

  /** Until there is enough and acknowledged, or the user, or an error, ends it. */
  private void await(EventPrinter printer, Subscription subscription) throws InterruptedException {
    while (!stop.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
      boolean enough = printer.enough() && count(subscription, "handled") >= printer.printed();
      if (enough || subscription.state() == Component.State.FAILED) {
        return;
      }
    }
  }

  private void summary(Subscription subscription, EventPrinter printer) {
    say(
        "printed "
            + printer.printed()
            + ", dropped "
            + count(subscription, "dropped")
            + ", gaps "
            + count(subscription, "gaps"));
  }

  private static long count(Subscription subscription, String what) {
    return subscription.info().counts().getOrDefault(what, 0L);
  }

  private void tell(Gap gap) {
    say(
        "gap: events on "
            + Names.printable(gap.channel())
            + " may be missing from "
            + gap.from()
            + " to "
            + gap.to()
            + why(gap));
  }

  private static String why(Gap gap) {
    if (gap.reason() == Gap.Reason.DISCONNECTED) {
      return ": the server was away";
    }
    return gap.missed() == 0
        ? ": they came faster than they were printed"
        : ": " + gap.missed() + " were dropped";
  }

  private void say(String text) {
    spec.commandLine().getErr().println(text);
    spec.commandLine().getErr().flush();
  }

  private ParameterException wrong(String text) {
    return new ParameterException(spec.commandLine(), text);
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
