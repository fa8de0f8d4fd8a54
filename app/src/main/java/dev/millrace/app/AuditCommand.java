package dev.millrace.app;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.StreamAudit;
import dev.millrace.broker.api.StreamManager;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace audit}. */
@Command(
    name = "audit",
    description = "Prints, for each group of a stream, where everything is that was accepted.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Begin with 'millrace audit --stream NAME --on', once; from then on it counts, until --off.",
      "Without it the output says 'estimated'. The exit code is 1 if a group's sum does not add up."
    })
final class AuditCommand implements Callable<Integer>, Verbose {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();

  @Option(
      names = "--stream",
      paramLabel = "NAME",
      description = "The stream. Default: all that are audited.")
  private @Nullable String stream;

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
    if (stream == null && (turn.on || turn.off)) {
      throw new ParameterException(
          spec.commandLine(), "Which stream? Give --stream NAME with --on and --off.");
    }
    try (StreamManager manager =
        StreamManager.connect(
            server.url(), BrokerConfig.builder().appName("millrace-audit").build())) {
      return stream == null ? all(manager) : one(stream, manager.audit(stream));
    } finally {
      out().flush();
    }
  }

  private int one(String name, StreamAudit audit) {
    if (turn.off) {
      audit.end();
      return 0;
    }
    List<AuditSum> sums = turn.on ? audit.begin() : audit.take();
    if (sums.isEmpty()) {
      out().println(name + ": no group reads it");
    }
    return print(name, sums) ? 0 : Failures.FAILED;
  }

  private int all(StreamManager manager) {
    List<String> streams = manager.auditedStreams();
    boolean right = !streams.isEmpty();
    for (String each : streams) {
      List<AuditSum> sums = manager.audit(each).take();
      if (sums.isEmpty()) {
        out().println(each + ": BROKEN, the stream and its groups are gone");
      }
      right &= !sums.isEmpty() && print(each, sums);
    }
    if (streams.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println("No stream is audited: begin with 'millrace audit --stream NAME --on'.");
    }
    return right ? 0 : Failures.FAILED;
  }

  /** Whether nothing is wrong. */
  private boolean print(String name, List<AuditSum> sums) {
    sums.forEach(sum -> out().println(name + " " + sum.group() + ": " + describe(sum)));
    return sums.stream().noneMatch(AuditSum::failed);
  }

  private static String describe(AuditSum sum) {
    return switch (sum.state()) {
      case EXACT -> exact(sum);
      case OFF -> estimated(sum) + " (not counted; see --on)";
      case STARTING ->
          estimated(sum) + " (a reader does not count yet, or has died a while ago; ask again)";
      case UNCOUNTABLE ->
          estimated(sum)
              + " (more waits than can be counted, and some of it was deleted; ask again later)";
      case BROKEN ->
          estimated(sum)
              + ": BROKEN, the stream, the group or the counters are gone or were set back;"
              + " begin again with --off, then --on";
    };
  }

  private static String estimated(AuditSum sum) {
    return "estimated: " + now(sum);
  }

  private static String now(AuditSum sum) {
    return "dead "
        + sum.dead()
        + " + waiting "
        + sum.waiting()
        + " + pending "
        + sum.pending()
        + " + parked "
        + sum.parked();
  }

  private static String exact(AuditSum sum) {
    return "accepted "
        + sum.accepted()
        + (sum.foreign() == 0 ? "" : " + foreign " + sum.foreign())
        + " = done "
        + sum.done()
        + " + skipped "
        + sum.skipped()
        + " + "
        + now(sum)
        + " + dropped "
        + sum.dropped()
        + (sum.expired() == 0 ? "" : " + expired " + sum.expired())
        + ": "
        + verdict(sum.missing().orElseThrow());
  }

  private static String verdict(long missing) {
    return missing == 0 ? "adds up" : missing > 0 ? missing + " MISSING" : -missing + " TOO MANY";
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
