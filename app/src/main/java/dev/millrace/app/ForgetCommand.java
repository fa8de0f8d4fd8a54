package dev.millrace.app;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamManager;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace pubsub forget}. */
@Command(
    name = "forget",
    description = "Ends a durable name: no events are kept for it any more.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "What it has not handled is gone for it. It is refused while a process listens under the",
      "name; one that was killed counts as listening for up to ten minutes. One that was silent",
      "for longer and comes back makes the name again: end it first. The exit code is 1 if no",
      "events were kept for it."
    })
final class ForgetCommand implements Callable<Integer>, Verbose {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();

  @Parameters(index = "0", paramLabel = "CHANNEL", description = "The channel.")
  private String channel = "";

  @Parameters(index = "1", paramLabel = "NAME", description = "The durable name.")
  private String name = "";

  @Override
  public Integer call() {
    boolean forgotten;
    try (StreamManager manager =
        StreamManager.connect(
            server.url(), BrokerConfig.builder().appName("millrace-forget").build())) {
      forgotten = manager.forgetDurable(channel, name);
    }
    String what = "'" + Names.printable(name) + "' on '" + Names.printable(channel) + "'";
    if (!forgotten) {
      spec.commandLine().getErr().println("millrace: no events are kept for " + what + ".");
      return Failures.FAILED;
    }
    spec.commandLine().getOut().println("forgot " + what);
    return 0;
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
