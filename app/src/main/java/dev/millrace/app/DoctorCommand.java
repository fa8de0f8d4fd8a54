package dev.millrace.app;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.DurableName;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.Housekeeping.Leftover;
import dev.millrace.broker.api.spi.Housekeeping.Risk;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code millrace doctor}. */
@Command(
    name = "doctor",
    description =
        "Lists what is on a server under Millrace's names and belongs to nothing any more, events"
            + " that wait for nobody, and settings that put promises at risk.",
    mixinStandardHelpOptions = true,
    footer = {"", "It deletes nothing. The exit code is 1 if something was found."})
final class DoctorCommand implements Callable<Integer>, Verbose {
  private static final int NAME = 1_000;
  private static final Duration PATIENCE = Duration.ofHours(1);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();

  @Override
  public Integer call() {
    List<Leftover> found;
    List<DurableName> unserved;
    List<Risk> risks;
    try (StreamManager manager =
        StreamManager.connect(
            server.url(), BrokerConfig.builder().appName("millrace-doctor").build())) {
      found = manager.leftovers();
      unserved = manager.durableNames().stream().filter(DoctorCommand::isForgotten).toList();
      risks = manager.risks();
    }
    PrintWriter out = spec.commandLine().getOut();
    found.forEach(leftover -> print(out, leftover));
    unserved.forEach(name -> print(out, name));
    risks.forEach(risk -> print(out, risk));
    out.println(
        found.isEmpty()
            ? "Nothing is left over."
            : found.size()
                + (found.size() == 1 ? " thing belongs" : " things belong")
                + " to nothing.");
    out.flush();
    return found.isEmpty() && unserved.isEmpty() && risks.isEmpty() ? 0 : Failures.FAILED;
  }

  /** A restart takes no hour. */
  private static boolean isForgotten(DurableName name) {
    return !name.served()
        && name.oldest().isPresent()
        && name.oldest().get().isBefore(name.at().minus(PATIENCE));
  }

  private static void print(PrintWriter out, DurableName name) {
    String channel = Names.printable(name.channel(), NAME);
    String durable = Names.printable(name.name(), NAME);
    out.println(
        Names.events(channel)
            + ": keeps "
            + (name.waiting().isPresent() ? Words.number(name.waiting().getAsLong()) + " " : "")
            + (name.waiting().orElse(0) == 1 ? "event" : "events")
            + " for the durable name '"
            + durable
            + "'"
            + name.oldest().map(at -> ", the oldest of " + at).orElse("")
            + ", and nobody listens under it"
            + name.lastServed().map(at -> " since " + at).orElse(""));
    out.println(
        "  They wait for it for ever. Where nobody wants them any more: millrace pubsub forget "
            + Words.quoted(channel)
            + " "
            + Words.quoted(durable));
  }

  private static void print(PrintWriter out, Risk risk) {
    out.println(risk.setting() + ": " + risk.danger());
    out.println("  Set it: " + risk.remedy());
  }

  static void print(PrintWriter out, Leftover leftover) {
    String name = Names.printable(leftover.name(), NAME);
    out.println(
        name
            + ": "
            + leftover.what()
            + " ("
            + Words.number(leftover.entries())
            + "), but "
            + leftover.why());
    String delete = "redis-cli UNLINK " + Words.quoted(name);
    out.println(
        leftover.holdsMessages()
            ? "  It holds messages. Where nobody wants them any more: " + delete
            : "  It holds no messages, and can go: " + delete);
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
