package dev.millrace.app;

import dev.millrace.app.work.Payloads;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.OutcomeUnknownException;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.ReplyStream;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.RequestNotStartedException;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.TypeRef;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code millrace rpc call}. */
@Command(
    name = "call",
    description = "Sends a request to the servers of a stream and prints the answer.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  millrace rpc call --url redis://localhost:6379 --stream shop price '{\"sku\": \"MUG\"}' \\",
      "    --timeout 5s",
      "  millrace rpc call --url redis://localhost:6379 --stream shop health --all 3 --timeout 1s",
      "",
      "Exit codes, with one line on standard error where it is not 0:",
      "  0  it was answered",
      "  1  it could not be asked, or with --all fewer answered than were asked for",
      "  2  the command line is wrong",
      "  3  its handler failed",
      "  4  no handler has begun it and none will: calling again is safe",
      "  5  a handler may have begun it, and what became of it is not known: call again with the",
      "     same --id to learn it",
      "Ctrl-C cancels the request, and a handler that runs is stopped."
    })
final class RpcCallCommand implements Callable<Integer>, Verbose {
  static final int REMOTE_ERROR = 3;
  static final int NOT_STARTED = 4;
  static final int UNKNOWN = 5;

  private static final TypeRef<Message> RAW = TypeRef.of(Message.class);

  /** What taking a call back and disconnecting may take. */
  private static final Duration AFTER_STOP = Duration.ofSeconds(10);

  @Spec private CommandSpec spec = CommandSpec.create();
  private volatile boolean cancelled;
  @Mixin private ServerOptions server = new ServerOptions();
  @Mixin private HeaderOptions headers = new HeaderOptions();

  @Parameters(index = "0", paramLabel = "TYPE", description = "What is asked.")
  private String type = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "JSON",
      defaultValue = "{}",
      description =
          "The query, or - for one JSON value on standard input. Default: ${DEFAULT-VALUE}.")
  private String json = "{}";

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      required = true,
      description = "How long to wait for the answer, such as 5s.")
  private Duration timeout = Duration.ZERO;

  @Option(
      names = "--id",
      paramLabel = "ID",
      description =
          "The request's id: it is begun once, however often it is called, and calls with it get"
              + " the same answer as long as that is kept.")
  private @Nullable String id;

  @Option(
      names = "--parts",
      description = "Print the parts of an answer as they come, each in a line.")
  private boolean parts;

  @Option(
      names = "--all",
      paramLabel = "N",
      description = "Ask all servers that run now, until so many have answered.")
  private @Nullable Integer all;

  @Override
  public Integer call() throws Exception {
    String url = server.url();
    if (all != null && (parts || id != null)) {
      throw new ParameterException(
          spec.commandLine(),
          "--all goes with neither --parts nor --id: such answers are whole and not kept.");
    }
    JsonNode query = JsonText.argument(spec, "The query", json.equals("-") ? input() : json);
    SendOptions options = id == null ? headers.options() : headers.options().id(id);
    Thread caller = Thread.currentThread();
    // The interrupt takes the call back; what is told to the servers goes out when it is closed.
    Runnable cancel =
        () -> {
          cancelled = true;
          caller.interrupt();
        };
    return Signals.run(cancel, AFTER_STOP, () -> askOrNot(url, query, options));
  }

  /** A call that is under way tells by itself what became of it when it is taken back. */
  private int askOrNot(String url, JsonNode query, SendOptions options) {
    try {
      return ask(url, query, options);
    } catch (BrokerException interrupted) {
      if (cancelled) {
        say("not started: it was cancelled before it was sent");
        return NOT_STARTED;
      }
      throw interrupted;
    }
  }

  private static String input() throws IOException {
    return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
  }

  private int ask(String url, JsonNode query, SendOptions options) {
    try (StreamManager manager =
        StreamManager.connect(url, BrokerConfig.builder().appName("millrace-call").build())) {
      RequestClient client = manager.createRequestClient("call", server.stream());
      try {
        return ask(client, query, options);
      } finally {
        // So that closing has the time to tell the servers of a call that was taken back.
        var unused = Thread.interrupted();
      }
    }
  }

  private int ask(RequestClient client, JsonNode query, SendOptions options) {
    if (all != null) {
      return gathered(all, client.askAll(type, query, RAW, all, timeout, options));
    }
    return parts
        ? inParts(client, query, options)
        : ended(client.call(type, query, RAW, timeout, options));
  }

  private int inParts(RequestClient client, JsonNode query, SendOptions options) {
    try (ReplyStream<Message> answer = client.stream(type, query, RAW, timeout, options)) {
      answer.forEachRemaining(this::print);
      return 0;
    } catch (RemoteFailedException failed) {
      return ended(new Reply.RemoteError<>(failed.code(), failed.text()));
    } catch (RequestNotStartedException | OutcomeUnknownException notKnown) {
      say(Failures.oneLine(notKnown.getMessage()));
      return notKnown instanceof RequestNotStartedException ? NOT_STARTED : UNKNOWN;
    }
  }

  private int gathered(int wanted, List<Reply<Message>> replies) {
    long answered = replies.stream().filter(reply -> ended(reply) == 0).count();
    if (answered < wanted) {
      say(answered + " of " + wanted + " servers answered within " + Words.exactly(timeout));
    }
    return answered < wanted ? Failures.FAILED : 0;
  }

  /** Prints what became of it, and tells the exit code. */
  private int ended(Reply<Message> reply) {
    return switch (reply) {
      case Reply.Ok<Message>(Message answer) -> {
        yield printed(answer);
      }
      case Reply.RemoteError<Message>(String code, String text) -> {
        say("failed with " + code + ": " + text);
        yield REMOTE_ERROR;
      }
      case Reply.NotStarted<Message>(String reason) -> {
        say("not started: " + reason);
        yield NOT_STARTED;
      }
      case Reply.Unknown<Message>(String reason) -> {
        say(
            "unknown: "
                + (cancelled
                    ? "it was cancelled, and a handler that had begun it is told to stop"
                    : reason));
        yield UNKNOWN;
      }
    };
  }

  private int printed(Message answer) {
    if (answer.fields().has(Message.PAYLOAD)) {
      print(answer);
      return 0;
    }
    say("it was answered in parts, which nobody keeps; call with --parts to read them");
    return Failures.FAILED;
  }

  private void print(Message answer) {
    spec.commandLine().getOut().println(Payloads.oneLine(Payloads.text(answer)));
    spec.commandLine().getOut().flush();
  }

  private void say(String text) {
    spec.commandLine().getErr().println("millrace: " + Payloads.oneLine(text));
    spec.commandLine().getErr().flush();
  }

  @Override
  public boolean verbose() {
    return server.verbose();
  }
}
