package dev.millrace.app;

import dev.millrace.broker.api.SendOptions;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Headers of the commands that send. */
final class HeaderOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--header",
      paramLabel = "NAME=VALUE",
      description = "A header that goes with it; repeatable.")
  private List<String> headers = new ArrayList<>();

  /** Options with these headers. */
  SendOptions options() {
    SendOptions options = SendOptions.none();
    for (String header : headers) {
      int equals = header.indexOf('=');
      if (equals < 1) {
        throw new ParameterException(
            spec.commandLine(),
            "--header '" + header + "' is not NAME=VALUE; write it such as --header tenant=acme.");
      }
      options = options.header(header.substring(0, equals).strip(), header.substring(equals + 1));
    }
    return options;
  }
}
