package dev.millrace.app;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.StreamConfig;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace enqueue}. */
@Command(
    name = "enqueue",
    description = "Sends tasks to a stream and prints the id of each as it is accepted.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  millrace enqueue --url redis://localhost:6379 --stream orders invoice '{\"order\": 7}'",
      "  millrace enqueue --url redis://localhost:6379 --stream orders invoice - < orders.jsonl",
      "",
      "A line that is not JSON is reported with its number and skipped; the exit code is then 1."
    })
final class EnqueueCommand implements Callable<Integer>, Verbose {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ServerOptions server = new ServerOptions();

  @Parameters(index = "0", paramLabel = "TYPE", description = "The logical type of the task.")
  private String type = "";

  @Parameters(
      index = "1",
      paramLabel = "JSON",
      description = "The payload, or - for one JSON value a line on standard input.")
  private String json = "";

  @Override
  public Integer call() throws IOException {
    String url = server.url();
    return json.equals("-") ? sendLines(url) : sendOne(url);
  }

  private int sendOne(String url) {
    Object payload = JsonText.argument(spec, "The payload", json);
    try (Broker broker = connect(url)) {
      String id = broker.enqueue(type, payload).id();
      spec.commandLine().getOut().println(id);
      spec.commandLine().getOut().flush();
    }
    return 0;
  }

  private int sendLines(String url) throws IOException {
    try (Broker broker = connect(url);
        var sender =
            new LineSender<>(
                payload -> broker.enqueueAsync(type, payload),
                sent -> spec.commandLine().getOut().println(sent.id()),
                spec.commandLine().getOut(),
                spec.commandLine().getErr())) {
      return sender.lines(System.in) == 0 ? 0 : Failures.FAILED;
    }
  }

  /** A sender knows nothing of the groups that read, so it declares none. */
  private Broker connect(String url) {
    return Broker.connect(
        url,
        settings -> settings.appName("millrace-enqueue").stream(StreamConfig.of(server.stream())));
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
