package dev.millrace.app;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.StreamAudit;
import dev.millrace.broker.api.StreamManager;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace audit}. */
@Command(
    name = "audit",
    description = "Prints, for each group of a stream, where everything is that was accepted.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Begin with 'millrace audit --on', once; from then on it counts, until --off. Without it the",
      "output says 'estimated'. The exit code is 1 if a group's sum does not add up."
    })
final class AuditCommand implements Callable<Integer>, Verbose {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ServerOptions server = new ServerOptions();
  @ArgGroup private Switch turn = new Switch();

  /** At most one of them. */
  static final class Switch {
    @Option(names = "--on", description = "Begin to count; what the groups have now is accepted.")
    private boolean on;

    @Option(names = "--off", description = "End and forget.")
    private boolean off;
  }

  @Override
  public Integer call() {
    try (StreamManager manager =
        StreamManager.connect(
            server.url(), BrokerConfig.builder().appName("millrace-audit").build())) {
      StreamAudit audit = manager.audit(server.stream());
      if (turn.off) {
        audit.end();
        return 0;
      }
      return print(turn.on ? audit.begin() : audit.take());
    }
  }

  private int print(List<AuditSum> sums) {
    PrintWriter out = spec.commandLine().getOut();
    boolean wrong = false;
    for (AuditSum sum : sums) {
      wrong |= sum.missing() != 0;
      out.println(server.stream() + " " + sum.group() + ": " + describe(sum));
    }
    if (sums.isEmpty()) {
      out.println(server.stream() + ": no group reads it");
    }
    out.flush();
    return wrong ? Failures.FAILED : 0;
  }

  private static String describe(AuditSum sum) {
    String parts =
        "dead "
            + sum.dead()
            + " + waiting "
            + sum.waiting()
            + " + pending "
            + sum.pending()
            + " + parked "
            + sum.parked();
    if (!sum.exact()) {
      return "estimated: " + parts + " (not counted; see --on)";
    }
    String verdict =
        sum.missing() == 0
            ? "adds up"
            : sum.missing() > 0 ? sum.missing() + " MISSING" : -sum.missing() + " TOO MANY";
    return "accepted " + sum.accepted() + " = done " + sum.done() + " + " + parts + ": " + verdict;
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
