package dev.millrace.app.demo;

import dev.millrace.app.Signals;
import dev.millrace.app.Verbose;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.StreamManager;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace demo-worker}. */
@Command(
    name = "demo-worker",
    description = {
      "Helps a running demo: another process that shares the group of its consumers.",
      "It writes what it handles beside the demo's own files, and ends when the demo ends."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example, in two terminals:",
      "  millrace demo-worker --url redis://localhost:6379 --run-dir run1",
      "  millrace demo        --url redis://localhost:6379 --run-dir run1 --count 100000"
    })
public final class DemoWorkerCommand implements Callable<Integer>, Verbose {
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration SHUTDOWN = Duration.ofSeconds(30);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private DemoOptions options = new DemoOptions();
  private final CountDownLatch stop = new CountDownLatch(1);

  @Option(names = "--url", paramLabel = "URL", required = true, description = "The demo's server.")
  private String url = "";

  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      required = true,
      description = "The folder given to the demo; it is waited for.")
  private Path directory = Path.of("");

  /** For picocli. */
  public DemoWorkerCommand() {}

  @Override
  public Integer call() throws Exception {
    if (url.startsWith("memory:")) {
      throw new ParameterException(
          spec.commandLine(),
          "--url '" + url + "' is memory of this process alone; give the demo's server.");
    }
    return Signals.run(stop::countDown, this::help);
  }

  private int help() throws IOException, InterruptedException {
    while (!RunDirectory.begun(directory)) {
      if (stop.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        return 0;
      }
    }
    RunDirectory run = RunDirectory.join(directory);
    var config =
        BrokerConfig.builder()
            .appName("millrace-demo-worker")
            .consumerGroup(options.group())
            .shutdownDeadline(SHUTDOWN)
            .build();
    try (var handling = new Handling(run, options.work());
        var streams = StreamManager.connect(url, config)) {
      handling.start(
          streams,
          DemoStreams.named(options.prefix(), options.group()),
          options.group(),
          options.concurrency());
      spec.commandLine().getErr().println("helping the run in " + directory);
      while (!run.finished() && !stop.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        // Handling goes on by itself.
      }
      boolean clean = streams.shutdown(SHUTDOWN).clean();
      spec.commandLine()
          .getErr()
          .printf(
              "handled here: %,d orders, %,d audit%n",
              handling.handledOrders(), handling.handledAudit());
      return clean ? 0 : 1;
    }
  }

  @Override
  public boolean verbose() {
    return options.verbose();
  }
}
