package dev.millrace.app;

import dev.millrace.broker.api.spi.Measure;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code millrace metrics}. */
@Command(
    name = "metrics",
    description = "Prints all that is measured, as Markdown: docs/metrics.md.",
    mixinStandardHelpOptions = true)
final class MetricsCommand implements Callable<Integer> {
  private static final String BEGINNING =
      """
      # Metrics

      Written by `millrace metrics`; change `Measure` and run it again.

      Every metric is named `millrace.<part>.<measure>.<component>`, such as `millrace.consumer.handled.orders`, and there is none beside
      those listed here. Part and measure have no dots; the component's name may. All of a component's are there from its creation, at
      zero, and gone when it is closed. Components of one name that measure into one registry are added up.

      - A **count** only grows. In a registry it is a meter: `Count`, and rates a second over 1, 5 and 15 minutes. They are worked out when
        they are read, from what came since they were read before: one that is read once an hour is that hour's mean.
      - A **time** is a timer: how often, with rates, and how long, as minimum, mean, maximum and quantiles of the last five minutes or so,
        in nanoseconds in the registry and in milliseconds by JMX. Each is counted and none left out, so a single slow one shows as the maximum;
        lengths are told to within 1 %. What is older weighs less; while nothing comes, the last picture stays.
      - A **level** goes up and down. Reading one blocks nothing and asks no server: lag, pending and parked are what the consumer saw last,
        and where that is more than 10 s old, reading begins a look for the next one. So nobody who measures is no command.

      A manager measures into a registry of its own, `Metrics.registry(manager.telemetry())` of `dev.millrace.broker.manager.metrics`.
      `BrokerConfig.builder().telemetry(Metrics.in(registry))` makes it the application's, `telemetry(Telemetry.none())` turns measuring off.

      With `BrokerConfig.builder().jmx(true)` JMX shows them until the manager is shut down, as
      `dev.millrace:app=shop,broker=1,type=consumer,name=orders,measure=handled`. `broker` counts the managers of one `appName` in the
      process. Values with signs that names of JMX cannot have are quoted. Managers that share a registry show all that is in it, each.
      """;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.print(text());
    out.flush();
    return 0;
  }

  /** The whole document. */
  static String text() {
    var text = new StringBuilder(BEGINNING);
    for (Measure.Part part : Measure.Part.values()) {
      text.append("\n## ").append(part.word()).append("\n\n");
      text.append("Of ").append(part.what()).append("; named after ").append(part.named());
      text.append(".\n\n| metric | kind | unit | meaning |\n|---|---|---|---|\n");
      Measure.of(part).forEach(measure -> text.append(row(measure)));
    }
    return text.toString();
  }

  private static String row(Measure measure) {
    String kind =
        switch (measure.kind()) {
          case COUNT -> "count";
          case TIME -> "time";
          case LEVEL -> "level";
        };
    return "| `millrace."
        + measure.label()
        + ".*` | "
        + kind
        + " | "
        + measure.unit()
        + " | "
        + measure.meaning()
        + " |\n";
  }
}
