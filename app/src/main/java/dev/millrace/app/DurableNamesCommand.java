package dev.millrace.app;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.DurableName;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamManager;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code millrace pubsub names}. */
@Command(
    name = "names",
    description = "Lists the names for which events are kept, and under which nobody listens.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "A line for each, between tabs: the channel, the name, 'served' or since when it is not,",
      "how many events it has not handled, and when the oldest of them was published."
    })
final class DurableNamesCommand implements Callable<Integer>, Verbose {
  private static final int NAME = 256;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();

  @Override
  public Integer call() {
    List<DurableName> names;
    try (StreamManager manager =
        StreamManager.connect(
            server.url(), BrokerConfig.builder().appName("millrace-names").build())) {
      names = manager.durableNames();
    }
    PrintWriter out = spec.commandLine().getOut();
    names.forEach(name -> out.println(line(name)));
    out.flush();
    return 0;
  }

  private static String line(DurableName name) {
    return String.join(
        "\t",
        Names.printable(name.channel(), NAME),
        Names.printable(name.name(), NAME),
        name.served()
            ? "served"
            : name.lastServed().map(at -> "not served since " + at).orElse("not served"),
        name.waiting().isPresent() ? Words.number(name.waiting().getAsLong()) : "-",
        name.oldest().map(Object::toString).orElse("-"));
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
