package dev.millrace.app;

import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.StreamManager;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace stream retention}. */
@Command(
    name = "retention",
    description = "Prints how long a stream keeps entries, and changes it for all processes.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "What is given is stored with the stream beside what was changed before, and beats what any",
      "program's code says until --reset. 'default' is what holds where the code says nothing: what",
      "it says is not stored on the server."
    })
final class StreamRetentionCommand implements Callable<Integer>, Verbose {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();
  @Mixin private RetentionOptions asked = new RetentionOptions();

  @Parameters(paramLabel = "NAME", description = "The stream.")
  private String stream = "";

  @Option(names = "--reset", description = "Take all changes back: the code's settings hold again.")
  private boolean reset;

  @Override
  public Integer call() {
    RetentionPolicy changes = asked.policy();
    if (reset && !changes.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "Reset or change? Give --reset alone, or settings without it.");
    }
    try (StreamManager manager = StreamCommand.connect(server.url())) {
      if (reset) {
        manager.resetRetention(stream);
      } else if (!changes.isEmpty()) {
        manager.changeRetention(stream, changes.over(manager.retentionChanges(stream)));
      }
      print(manager.retention(stream), manager.retentionChanges(stream));
    }
    return 0;
  }

  private void print(StreamConfig inForce, RetentionPolicy changed) {
    PrintWriter out = spec.commandLine().getOut();
    Map<String, String> stored = changed.toMap();
    values(inForce)
        .forEach(
            (name, value) ->
                out.printf(
                    "%-18s %-12s %s%n",
                    name, value, stored.containsKey(name) ? "changed at run time" : "default"));
    out.flush();
  }

  private static Map<String, String> values(StreamConfig config) {
    var values = new LinkedHashMap<String, String>();
    values.put("priority", config.priority().name());
    values.put("maxLength", Words.number(config.maxLength()));
    values.put("maxAge", config.maxAge().map(Words::exactly).orElse("any"));
    values.put("minRetentionTime", Words.exactly(config.minRetentionTime()));
    values.put("minRetentionCount", Words.number(config.minRetentionCount()));
    values.put("cleanupInterval", Words.exactly(config.cleanupInterval()));
    values.put("batchSize", Words.number(config.batchSize()));
    return values;
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
