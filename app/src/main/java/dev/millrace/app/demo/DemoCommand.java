package dev.millrace.app.demo;

import dev.millrace.app.Signals;
import dev.millrace.app.Verbose;
import dev.millrace.app.redis.BundledRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace demo}. */
@Command(
    name = "demo",
    description = {
      "Sends orders through two streams, handles them, and shows that none was lost; beside them",
      "it publishes events and makes calls, and shows what became of each.",
      "Without options: the 1,000 orders that ship with the program, in memory."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nWhat it shows:%n",
    footer = {
      "  Two named producers and two consumers on streams with different retention; one",
      "  consumer is stopped and started again in the middle. Sender and handlers write ids",
      "  to files of their own, and the summary is the sorted difference of those files.",
      "  The first orders are published as events too, and quotes are asked for: an event that is",
      "  missing without a gap or a drop, and a call without an outcome, are counted apart.",
      "  Exit code 0: nothing is missing and nothing unexpected.",
      "",
      "Examples:",
      "  millrace demo --redis --count 100000",
      "  millrace demo --url redis://localhost:6379 --input orders.jsonl --out run1",
      "  zcat orders.csv.gz | millrace demo --input -"
    })
public final class DemoCommand implements Callable<Integer>, Verbose {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private DemoOptions options = new DemoOptions();

  @ArgGroup private Server server = new Server();

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = {
        "Orders as CSV with a header line, or JSON lines; - is standard input.",
        "Default: the orders that ship with the program."
      })
  private @Nullable String input;

  @Option(
      names = "--count",
      paramLabel = "N",
      description =
          "Send N orders, from the file again with new ids where N is more than it has. Default:"
              + " those in the file.")
  private long count;

  @Option(
      names = {"--out", "--run-dir"},
      paramLabel = "DIR",
      description = "Where the ids are written. Default: a new temporary folder.")
  private @Nullable Path out;

  @Option(
      names = "--patience",
      paramLabel = "TIME",
      defaultValue = "60s",
      description =
          "Give up when accepted messages are left and none was handled for so long. Default:"
              + " ${DEFAULT-VALUE}.")
  private Duration patience = Duration.ofSeconds(60);

  private static final class Server {
    @Option(
        names = "--url",
        paramLabel = "URL",
        description = "The backend, such as redis://localhost:6379. Default: memory:")
    private String url = "memory:";

    @Option(
        names = "--redis",
        description = "Start a redis-server for the run, on a free port of this machine.")
    private boolean redis;
  }

  /** For picocli. */
  public DemoCommand() {}

  @Override
  public Integer call() throws Exception {
    check();
    OrderInput orders = orders();
    RunDirectory run =
        RunDirectory.create(out == null ? Files.createTempDirectory("millrace-demo") : out);
    var stop = new CompletableFuture<Void>();
    return Signals.run(() -> stop.complete(null), () -> run(orders, run, stop));
  }

  private int run(OrderInput orders, RunDirectory run, CompletableFuture<Void> stop)
      throws IOException, InterruptedException {
    if (!server.redis) {
      return run(server.url, orders, run, stop);
    }
    try (BundledRedis redis = BundledRedis.start()) {
      spec.commandLine().getErr().printf("Started %s at %s%n", redis.origin(), redis.url());
      return run(redis.url(), orders, run, stop);
    }
  }

  private int run(
      String url, OrderInput orders, RunDirectory directory, CompletableFuture<Void> stop)
      throws IOException, InterruptedException {
    var settings =
        new DemoSettings(
            url,
            orders,
            count,
            options.group(),
            options.prefix(),
            options.concurrency(),
            options.work(),
            patience);
    var screen =
        new Screen(
            spec.commandLine().getOut(),
            spec.commandLine().getErr(),
            Boolean.getBoolean("millrace.terminal"));
    return new DemoRun(settings, directory, screen, stop).run();
  }

  private OrderInput orders() {
    if (input == null) {
      return OrderInput.shipped();
    }
    if (input.equals("-")) {
      return OrderInput.standardInput();
    }
    Path file = Path.of(input);
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw new ParameterException(
          spec.commandLine(),
          "--input '"
              + input
              + "' is not a file that can be read; name one with orders as CSV or JSON lines.");
    }
    return OrderInput.file(file);
  }

  private void check() {
    if (count < 0) {
      throw new ParameterException(
          spec.commandLine(), "--count is " + count + "; give a number from 1.");
    }
    if (out != null && RunDirectory.begun(out)) {
      throw new ParameterException(
          spec.commandLine(),
          "--out '" + out + "' holds the files of an earlier run; name another folder.");
    }
  }

  @Override
  public boolean verbose() {
    return options.verbose();
  }
}
