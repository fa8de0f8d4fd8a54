package dev.millrace.app;

import picocli.CommandLine.Option;

/** The server and the stream of the commands that work with other processes. */
final class ServerOptions extends UrlOptions {
  @Option(names = "--stream", paramLabel = "NAME", required = true, description = "The stream.")
  private String stream = "";

  String stream() {
    return stream;
  }
}
