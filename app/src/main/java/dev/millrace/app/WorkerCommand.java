package dev.millrace.app;

import dev.millrace.app.work.CommandHandler;
import dev.millrace.app.work.Dispatch;
import dev.millrace.app.work.PrintHandler;
import dev.millrace.app.work.Route;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.OutcomeHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace worker}. */
@Command(
    name = "worker",
    description = "Handles the tasks of a stream with shell commands, until it is told to stop.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nHow a command is run:%n",
    footer = {
      "  By 'sh -c', with the payload on its standard input and MILLRACE_MESSAGE_ID,",
      "  MILLRACE_ATTEMPT, MILLRACE_TYPE and MILLRACE_STREAM in its environment. Exit code 0",
      "  acknowledges the message, any other is a failure and it is tried again.",
      "  Workers with the same group share the work. SIGTERM and Ctrl-C drain.",
      "",
      "Example:",
      "  millrace worker --url redis://localhost:6379 --stream orders --group billing \\",
      "    --handle invoice='./make-invoice.sh' --handle audit=log"
    })
final class WorkerCommand implements Callable<Integer>, Verbose {
  /** What acknowledging and disconnecting may take after the handlers have ended. */
  private static final Duration AFTER_DRAIN = Duration.ofSeconds(15);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ServerOptions server = new ServerOptions();

  @Option(
      names = "--group",
      paramLabel = "NAME",
      defaultValue = "workers",
      description = "The group that shares the work. Default: ${DEFAULT-VALUE}.")
  private String group = "workers";

  @Option(
      names = "--max-jobs",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many messages are handled at once. Default: ${DEFAULT-VALUE}.")
  private int maxJobs = 10;

  @Option(
      names = "--lease",
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "How long a message stays with a worker that no longer answers. Default:"
              + " ${DEFAULT-VALUE}.")
  private Duration lease = Duration.ofSeconds(30);

  @Option(
      names = "--drain",
      paramLabel = "TIME",
      defaultValue = "30s",
      description = "How long commands may go on when it stops. Default: ${DEFAULT-VALUE}.")
  private Duration drain = Duration.ofSeconds(30);

  @Option(
      names = "--handle",
      paramLabel = "TYPE=COMMAND",
      required = true,
      description =
          "What to do with a type; repeatable. TYPE=log prints the message, *=COMMAND takes every"
              + " other type and entries without one.")
  private List<String> handle = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    String url = server.url();
    Map<String, Route> routes = routes();
    // The broker drains by itself; this keeps the exit code of a worker that was told to stop.
    return Signals.run(() -> {}, drain.plus(AFTER_DRAIN), () -> work(url, routes));
  }

  private int work(String url, Map<String, Route> routes) {
    try (Broker broker =
        Broker.connect(
            url,
            settings ->
                settings.appName("millrace-worker").stream(server.stream())
                    .consumerGroup(group)
                    .maxJobs(maxJobs)
                    .lease(lease)
                    .shutdownDeadline(drain))) {
      register(broker, routes);
      broker.start();
      spec.commandLine()
          .getErr()
          .printf(
              "ready: stream %s, group %s, %d at once, handles %s (pid %d)%n",
              server.stream(),
              group,
              maxJobs,
              String.join(", ", routes.keySet()),
              ProcessHandle.current().pid());
      spec.commandLine().getErr().flush();
      broker.run();
    }
    return 0;
  }

  /** With a route for any type the consumer takes entries as they are, whoever wrote them. */
  private void register(Broker broker, Map<String, Route> routes) {
    var handlers = new LinkedHashMap<String, OutcomeHandler<Message>>();
    routes.forEach((type, route) -> handlers.put(type, handler(route)));
    OutcomeHandler<Message> any = handlers.remove(Route.ANY);
    if (any == null) {
      handlers.forEach((type, handler) -> broker.onTask(type, Message.class, handler));
    } else {
      var config =
          ConsumerConfig.builder(server.stream())
              .group(group)
              .concurrency(maxJobs)
              .lease(lease)
              .build();
      broker.streams().createConsumer("worker", config, new Dispatch(handlers, any));
    }
  }

  private OutcomeHandler<Message> handler(Route route) {
    return route.log()
        ? new PrintHandler(spec.commandLine().getOut())
        : new CommandHandler(route.command());
  }

  private Map<String, Route> routes() {
    var routes = new LinkedHashMap<String, Route>();
    for (String text : handle) {
      try {
        Route route = Route.parse(text);
        if (routes.put(route.type(), route) != null) {
          throw new IllegalArgumentException(
              "type '" + route.type() + "' is given twice; give it once");
        }
      } catch (IllegalArgumentException wrong) {
        throw new ParameterException(spec.commandLine(), "--handle " + wrong.getMessage(), wrong);
      }
    }
    return routes;
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
