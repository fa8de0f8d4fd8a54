package dev.millrace.app;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamManager;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace pubsub pub}. */
@Command(
    name = "pub",
    description = "Publishes events to a channel and prints how many.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  millrace pubsub pub --url redis://localhost:6379 user.login '{\"user\": \"Alice\"}'",
      "  millrace pubsub pub --url redis://localhost:6379 user.login - < logins.jsonl",
      "",
      "An event goes to whoever listens now, and is kept for durable subscriptions to the channel.",
      "A line that is not JSON is reported with its number and skipped; the exit code is then 1."
    })
final class PubCommand implements Callable<Integer>, Verbose {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();
  @Mixin private HeaderOptions headers = new HeaderOptions();

  @Parameters(index = "0", paramLabel = "CHANNEL", description = "Where it is published.")
  private String channel = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "JSON",
      defaultValue = "-",
      description =
          "The event, or - for one JSON value a line on standard input. Default: ${DEFAULT-VALUE}.")
  private String json = "-";

  @Override
  public Integer call() throws IOException {
    String url = server.url();
    Names.check("channel", channel);
    SendOptions options = headers.options();
    return json.equals("-") ? publishLines(url, options) : publishOne(url, options);
  }

  private int publishOne(String url, SendOptions options) {
    Object event = JsonText.argument(spec, "The event", json);
    try (StreamManager manager = connect(url)) {
      manager.publish(channel, event, options);
    }
    print(1, 0);
    return 0;
  }

  private int publishLines(String url, SendOptions options) throws IOException {
    var published = new AtomicLong();
    long failed;
    try (StreamManager manager = connect(url);
        var sender =
            new LineSender<Void>(
                event -> manager.publishAsync(channel, event, options),
                done -> published.incrementAndGet(),
                spec.commandLine().getOut(),
                spec.commandLine().getErr())) {
      failed = sender.lines(System.in);
    }
    print(published.get(), failed);
    return failed == 0 ? 0 : Failures.FAILED;
  }

  private void print(long published, long failed) {
    String bad = failed == 0 ? "" : ", not published: " + failed;
    spec.commandLine().getOut().println("published " + published + bad);
    spec.commandLine().getOut().flush();
  }

  private static StreamManager connect(String url) {
    return StreamManager.connect(url, BrokerConfig.builder().appName("millrace-pub").build());
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
