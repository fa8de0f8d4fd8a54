package dev.millrace.app;

import picocli.CommandLine.Option;

/** The group of the commands that look after one. */
final class GroupOptions {
  @Option(
      names = "--group",
      paramLabel = "NAME",
      defaultValue = "workers",
      description = "The group. Default: ${DEFAULT-VALUE}.")
  private String group = "workers";

  String group() {
    return group;
  }
}
