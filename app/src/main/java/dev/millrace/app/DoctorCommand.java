package dev.millrace.app;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.DurableName;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.Housekeeping.Leftover;
import dev.millrace.broker.api.spi.Housekeeping.Risk;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
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
    footer = {
      "",
      "It deletes nothing. The exit code is 1 if something was found, or could not be looked for."
    })
final class DoctorCommand implements Callable<Integer>, Verbose {
  private static final int NAME = 1_000;
  private static final Duration PATIENCE = Duration.ofHours(1);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();

  @Override
  public Integer call() {
    try (StreamManager manager =
        StreamManager.connect(
            server.url(), BrokerConfig.builder().appName("millrace-doctor").build())) {
      PrintWriter out = spec.commandLine().getOut();
      Optional<List<Leftover>> found = list("leftovers", manager::leftovers);
      found.ifPresent(all -> all.forEach(leftover -> print(out, leftover)));
      Optional<List<DurableName>> unserved =
          list("events that wait for nobody", () -> forgotten(manager));
      unserved.ifPresent(all -> all.forEach(name -> print(out, name)));
      Optional<List<Risk>> risks = list("settings at risk", manager::risks);
      risks.ifPresent(all -> all.forEach(risk -> print(out, risk)));
      found.ifPresent(all -> out.println(sum(all.size())));
      out.flush();
      return isGood(found) && isGood(unserved) && isGood(risks) ? 0 : Failures.FAILED;
    }
  }

  /** One that cannot be had hides no other; empty: it was told why. */
  private <T> Optional<List<T>> list(String what, Supplier<List<T>> list) {
    try {
      return Optional.of(list.get());
    } catch (BrokerException e) {
      Failures.tell(spec.commandLine(), "no list of " + what + ": ", e);
      return Optional.empty();
    }
  }

  private static boolean isGood(Optional<? extends List<?>> list) {
    return list.isPresent() && list.get().isEmpty();
  }

  private static String sum(int leftovers) {
    return leftovers == 0
        ? "Nothing is left over."
        : leftovers + (leftovers == 1 ? " thing belongs" : " things belong") + " to nothing.";
  }

  private static List<DurableName> forgotten(StreamManager manager) {
    return manager.durableNames().stream().filter(DoctorCommand::isForgotten).toList();
  }

  /**
   * A restart takes no hour. Of what only waits to be tried again the age is not known, and then
   * the last sign of life tells, where there is one.
   */
  private static boolean isForgotten(DurableName name) {
    Instant longAgo = name.at().minus(PATIENCE);
    return !name.served()
        && name.oldest()
            .map(oldest -> oldest.isBefore(longAgo))
            .orElseGet(
                () ->
                    name.waiting().orElse(0) > 0
                        && name.lastServed().orElse(Instant.MIN).isBefore(longAgo));
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
