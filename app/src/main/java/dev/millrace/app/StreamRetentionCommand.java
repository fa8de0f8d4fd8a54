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
      "it says is not stored on the server. Of a stream that is not there nothing is printed, and",
      "nothing is changed without --new: the name may be a mistake."
    })
final class StreamRetentionCommand implements Callable<Integer>, Verbose {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private UrlOptions server = new UrlOptions();
  @Mixin private RetentionOptions asked = new RetentionOptions();

  @Parameters(paramLabel = "NAME", description = "The stream.")
  private String stream = "";

  @Option(names = "--reset", description = "Take all changes back: the code's settings hold again.")
  private boolean reset;

  @Option(
      names = "--new",
      description = "The stream need not be there yet: it finds these settings when it comes.")
  private boolean mayBeNew;

  @Override
  public Integer call() {
    RetentionPolicy changes = asked.policy();
    if (reset && !changes.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "Reset or change? Give --reset alone, or settings without it.");
    }
    if (mayBeNew && changes.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--new is for settings of a stream that is yet to come; give some.");
    }
    try (StreamManager manager = StreamCommand.connect(server.url())) {
      if (!reset && !mayBeNew && !manager.streamExists(stream)) {
        return StreamCommand.notThere(
            spec,
            stream,
            changes.isEmpty() ? ofSettings(manager) : "If it is yet to come, add --new.");
      }
      if (reset) {
        manager.resetRetention(stream);
      } else if (!changes.isEmpty()) {
        manager.changeRetention(stream, changes.over(manager.retentionChanges(stream)));
      }
      print(manager.retention(stream), manager.retentionChanges(stream));
    }
    return 0;
  }

  private String ofSettings(StreamManager manager) {
    return manager.retentionChanges(stream).isEmpty()
        ? ""
        : "Settings are stored for when it comes; --reset takes them away.";
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
