package dev.millrace.app;

import dev.millrace.app.work.CommandAnswer;
import dev.millrace.app.work.CommandParts;
import dev.millrace.app.work.Payloads;
import dev.millrace.app.work.Route;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.RequestHandler;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.TypeRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;

/** {@code millrace rpc serve}. */
@Command(
    name = "serve",
    description = "Answers the requests of a stream with shell commands, until it is told to stop.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nHow a command is run:%n",
    footer = {
      "  By 'sh -c', with the query on its standard input and MILLRACE_MESSAGE_ID, MILLRACE_TYPE",
      "  and MILLRACE_STREAM in its environment. What it prints is the answer, one JSON value. Any",
      "  exit code but 0 is an error: the caller gets the code EXIT_N and the end of what the",
      "  command wrote to standard error. A cancelled request stops its command.",
      "  Servers of one stream share the requests and should know the same types. SIGTERM and",
      "  Ctrl-C drain.",
      "",
      "Example:",
      "  millrace rpc serve --url redis://localhost:6379 --stream shop \\",
      "    --handle price='./price.sh' --handle ping=echo --parts report='./report.sh'"
    })
final class RpcServeCommand implements Callable<Integer>, Verbose {
  private static final TypeRef<Message> RAW = TypeRef.of(Message.class);
  private static final String ECHO = "echo";

  /** What answering and disconnecting may take after the commands have ended. */
  private static final Duration AFTER_DRAIN = Duration.ofSeconds(15);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ServerOptions server = new ServerOptions();
  private final CountDownLatch stop = new CountDownLatch(1);

  @Option(
      names = "--handle",
      paramLabel = "TYPE=COMMAND",
      description = "What answers a type; repeatable. TYPE=echo answers with the query itself.")
  private List<String> handle = new ArrayList<>();

  @Option(
      names = "--parts",
      paramLabel = "TYPE=COMMAND",
      description =
          "The same, answered in parts: each line that the command prints is one and is sent at"
              + " once; repeatable.")
  private List<String> parts = new ArrayList<>();

  @Option(
      names = "--max-requests",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many requests are answered at once. Default: ${DEFAULT-VALUE}.")
  private int maxRequests = 10;

  @Option(
      names = "--drain",
      paramLabel = "TIME",
      defaultValue = "30s",
      description = "How long commands may go on when it stops. Default: ${DEFAULT-VALUE}.")
  private Duration drain = Duration.ofSeconds(30);

  @Override
  public Integer call() throws Exception {
    String url = server.url();
    var types = new HashSet<String>();
    List<Route> whole = routes("--handle", handle, types);
    List<Route> inParts = routes("--parts", parts, types);
    if (whole.isEmpty() && inParts.isEmpty()) {
      throw wrong("What does it answer? Give --handle TYPE=COMMAND, such as --handle ping=echo.");
    }
    return Signals.run(stop::countDown, drain.plus(AFTER_DRAIN), () -> serve(url, whole, inParts));
  }

  private int serve(String url, List<Route> whole, List<Route> inParts)
      throws InterruptedException {
    var config = BrokerConfig.builder().appName("millrace-serve").shutdownDeadline(drain).build();
    try (StreamManager manager = StreamManager.connect(url, config)) {
      RequestServer answers = manager.createRequestServer("serve", server.stream(), maxRequests);
      for (Route route : whole) {
        answers.onRequest(route.type(), RAW, handler(route));
      }
      for (Route route : inParts) {
        answers.onRequest(
            route.type(), RAW, new CommandParts(route.command(), RpcServeCommand::json));
      }
      answers.start();
      spec.commandLine()
          .getErr()
          .printf(
              "ready: stream %s, %d at once, answers %s (pid %d)%n",
              server.stream(),
              maxRequests,
              Stream.concat(whole.stream(), inParts.stream())
                  .map(Route::type)
                  .collect(Collectors.joining(", ")),
              ProcessHandle.current().pid());
      spec.commandLine().getErr().flush();
      stop.await();
      DrainReport report = manager.shutdown(drain);
      return report.failures().isEmpty() ? 0 : Failures.FAILED;
    }
  }

  private static RequestHandler<Message, Object> handler(Route route) {
    return route.command().equals(ECHO)
        ? query -> json(Payloads.text(query))
        : new CommandAnswer(route.command(), RpcServeCommand::json);
  }

  private static Object json(String printed) {
    try {
      return JsonText.parse(printed);
    } catch (JacksonException notJson) {
      throw new RemoteFailedException(
          "BAD_ANSWER", "what the command printed is not JSON: " + JsonText.reason(notJson));
    }
  }

  private List<Route> routes(String option, List<String> texts, Set<String> types) {
    var routes = new ArrayList<Route>();
    for (String text : texts) {
      try {
        Route route = checked(Route.parse(text));
        if (!types.add(route.type())) {
          throw new IllegalArgumentException(
              "type '" + route.type() + "' is given twice; give it once");
        }
        routes.add(route);
      } catch (IllegalArgumentException notARoute) {
        throw wrong(option + " " + notARoute.getMessage() + ".");
      }
    }
    return routes;
  }

  private static Route checked(Route route) {
    if (route.any()) {
      throw new IllegalArgumentException(
          "'*=" + route.command() + "' names no type; write one route for each type");
    }
    if (route.log()) {
      throw new IllegalArgumentException(
          "'" + route.type() + "=log' has no answer; write " + route.type() + "=echo or a command");
    }
    return route;
  }

  private ParameterException wrong(String text) {
    return new ParameterException(spec.commandLine(), text);
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
