package dev.millrace.app;

import dev.millrace.app.demo.DemoCommand;
import dev.millrace.app.demo.DemoWorkerCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The program {@code millrace}. */
@Command(
    name = "millrace",
    description = "Durable tasks, events and requests for Java: a demo, workers and senders.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      DemoWorkerCommand.class,
      WorkerCommand.class,
      EnqueueCommand.class,
      PubSubCommand.class,
      RpcCommand.class,
      DeadCommand.class,
      AuditCommand.class,
      StreamCommand.class,
      DoctorCommand.class,
      MetricsCommand.class,
      VersionCommand.class
    },
    footer = {
      "",
      "Start here:  millrace demo",
      "Exit codes:  0 all went well, 1 it did not, 2 the command line is wrong;",
      "             'rpc call' has more, see its --help."
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  /** For picocli. */
  public Main() {}

  /** Runs the program and ends the process with its exit code. */
  public static void main(String[] arguments) {
    // Payloads and names are UTF-8, whatever the locale says.
    var line = commandLine();
    line.setOut(utf8(FileDescriptor.out));
    line.setErr(utf8(FileDescriptor.err));
    System.exit(line.execute(arguments));
  }

  /** The program, ready to be executed any number of times. */
  public static CommandLine commandLine() {
    var line = new CommandLine(new Main());
    line.registerConverter(java.time.Duration.class, Durations::parse);
    line.registerConverter(int.class, text -> (int) whole(text, Integer.MAX_VALUE));
    line.registerConverter(long.class, text -> whole(text, Long.MAX_VALUE));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(Failures::badInput);
    line.setExecutionExceptionHandler(Failures::failed);
    return line;
  }

  private static long whole(String text, long most) {
    try {
      long number = Long.parseLong(text.strip());
      if (number <= most) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      throw new TypeConversionException("'" + text + "' is not a whole number, such as 100");
    }
    throw new TypeConversionException(text + " is too large; at most " + most + " is allowed");
  }

  private static PrintWriter utf8(FileDescriptor stream) {
    return new PrintWriter(new FileOutputStream(stream), true, StandardCharsets.UTF_8);
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Which command? One of " + String.join(", ", spec.subcommands().keySet()));
  }
}
