package dev.millrace.app;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.Housekeeping.Leftover;
import java.io.PrintWriter;
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
        "Lists what is on a server under Millrace's names and belongs to nothing any more.",
    mixinStandardHelpOptions = true,
    footer = {"", "It deletes nothing. The exit code is 1 if something was found."})
final class DoctorCommand implements Callable<Integer>, Verbose {
  private static final int NAME = 1_000;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();

  @Override
  public Integer call() {
    List<Leftover> found;
    try (StreamManager manager =
        StreamManager.connect(
            server.url(), BrokerConfig.builder().appName("millrace-doctor").build())) {
      found = manager.leftovers();
    }
    PrintWriter out = spec.commandLine().getOut();
    found.forEach(leftover -> print(out, leftover));
    out.println(
        found.isEmpty()
            ? "Nothing is left over."
            : found.size()
                + (found.size() == 1 ? " thing belongs" : " things belong")
                + " to nothing.");
    out.flush();
    return found.isEmpty() ? 0 : Failures.FAILED;
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
