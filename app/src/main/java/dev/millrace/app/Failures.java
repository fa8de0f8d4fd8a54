package dev.millrace.app;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.InvalidConfigException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What a person sees when something goes wrong: one line, and an exit code. */
final class Failures {
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;

  private Failures() {}

  static int badInput(ParameterException error, String[] arguments) {
    CommandLine command = error.getCommandLine();
    var suggestions = new StringBuilder();
    if (error instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      suggestions.append(" Did you mean ").append(unmatched.getSuggestions().get(0)).append('?');
    }
    print(
        command,
        sentence(oneLine(error.getMessage()).replaceFirst("^Error: ", ""))
            + suggestions
            + " See '"
            + command.getCommandSpec().qualifiedName()
            + " --help'.");
    return BAD_INPUT;
  }

  static int failed(Exception error, CommandLine command, @Nullable ParseResult parsed) {
    if (error instanceof ParameterException bad) {
      return badInput(bad, new String[0]);
    }
    tell(command, "", error);
    return error instanceof InvalidConfigException ? BAD_INPUT : FAILED;
  }

  /** In one line, and with where it comes from to whoever wants to know. */
  static void tell(CommandLine command, String before, Exception error) {
    print(command, before + describe(error));
    if (command.getCommand() instanceof Verbose asked && asked.verbose()) {
      error.printStackTrace(command.getErr());
      command.getErr().flush();
    }
  }

  private static String describe(Exception error) {
    return switch (error) {
      case BrokerException broker -> oneLine(broker.getMessage());
      case NoSuchFileException missing -> "There is no file '" + missing.getFile() + "'.";
      case AccessDeniedException denied -> "No permission for '" + denied.getFile() + "'.";
      case FileSystemException file -> oneLine(file.getMessage()) + ".";
      case IOException io -> "Reading or writing failed: " + oneLine(io.getMessage()) + ".";
      default -> "Unexpected " + error.getClass().getName() + ": " + oneLine(error.getMessage());
    };
  }

  private static void print(CommandLine command, String text) {
    command.getErr().println("millrace: " + text);
    command.getErr().flush();
  }

  private static String sentence(String text) {
    return text.matches(".*[.?!]$") ? text : text + ".";
  }

  /** Messages of libraries may have several lines; a person's terminal gets one. */
  static String oneLine(@Nullable String text) {
    return text == null ? "no reason given" : text.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
