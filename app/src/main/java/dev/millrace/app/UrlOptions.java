package dev.millrace.app;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The server of the commands that work with other processes. */
class UrlOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "The server, such as redis://localhost:6379. Default: MILLRACE_URL, then REDIS_URL, of"
              + " the environment.")
  private @Nullable String url;

  @Option(names = "--verbose", description = "Print the stack trace of a failure too.")
  private boolean verbose;

  final String url() {
    String found = url;
    for (String variable : new String[] {"MILLRACE_URL", "REDIS_URL"}) {
      found = found == null || found.isBlank() ? System.getenv(variable) : found;
    }
    if (found == null || found.isBlank()) {
      throw new ParameterException(
          spec.commandLine(),
          "Which server? Give --url, such as --url redis://localhost:6379, or set MILLRACE_URL.");
    }
    if (found.startsWith("memory:")) {
      throw new ParameterException(
          spec.commandLine(),
          "--url '"
              + found
              + "' is memory of this process alone, which no other process sees; give the URL of a"
              + " server, such as redis://localhost:6379.");
    }
    return found;
  }

  final boolean verbose() {
    return verbose;
  }
}
