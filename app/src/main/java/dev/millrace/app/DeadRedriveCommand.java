package dev.millrace.app;

import dev.millrace.broker.api.Redrive;
import dev.millrace.broker.api.RedriveReport;
import dev.millrace.broker.api.StreamManager;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace dead redrive}. */
@Command(
    name = "redrive",
    description = "Sends dead letters back to their group, each in exactly one place at any time.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  millrace dead redrive --stream orders --group billing --all --dry-run",
      "  millrace dead redrive --stream orders --group billing --fingerprint 5f0c21d7a9be --rate 20",
      "",
      "The exit code is 1 if no letter was selected."
    })
final class DeadRedriveCommand implements Callable<Integer>, Verbose {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ServerOptions server = new ServerOptions();
  @Mixin private GroupOptions group = new GroupOptions();

  @ArgGroup(multiplicity = "1")
  private Which which = new Which();

  /** Exactly one of them. */
  static final class Which {
    @Option(
        names = "--id",
        paramLabel = "ID",
        required = true,
        description = "The letter of this message.")
    private @Nullable String id;

    @Option(
        names = "--fingerprint",
        paramLabel = "HEX",
        required = true,
        description = "The letters with this fingerprint, see 'millrace dead list'.")
    private @Nullable String fingerprint;

    @Option(names = "--all", required = true, description = "All letters that are there now.")
    private boolean all;

    Redrive redrive() {
      if (all) {
        return Redrive.all();
      }
      return id != null
          ? Redrive.id(id)
          : Redrive.fingerprint(java.util.Objects.requireNonNull(fingerprint));
    }
  }

  @Option(names = "--rate", paramLabel = "N", description = "Not more than so many a second.")
  private @Nullable Integer rate;

  @Option(names = "--max", paramLabel = "N", description = "Only the oldest so many of them.")
  private @Nullable Long max;

  @Option(names = "--dry-run", description = "Only print what would go.")
  private boolean dryRun;

  @Override
  public Integer call() {
    Redrive asked = which.redrive();
    asked = rate == null ? asked : asked.perSecond(rate);
    asked = max == null ? asked : asked.atMost(max);
    asked = dryRun ? asked.dryRun() : asked;
    RedriveReport report;
    try (StreamManager manager = DeadCommand.connect(server.url())) {
      report = manager.deadLetters(server.stream(), group.group()).redrive(asked);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (dryRun) {
      report.letters().forEach(letter -> DeadCommand.print(out, letter));
      out.println(report.selected() + " would go back");
    } else {
      out.println(report.moved() + " of " + report.selected() + " selected went back");
    }
    out.flush();
    return report.selected() > 0 ? 0 : Failures.FAILED;
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
