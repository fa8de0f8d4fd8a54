package dev.millrace.broker.faults;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.faults.FaultServer.Ask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A client of requests in a process of its own: begins all its calls at once, every other one with
 * more patience than its handler needs, and tells how each kind ended: {@code patient Ok 2500}.
 */
final class FaultCaller {
  private static final Duration PATIENT = Duration.ofSeconds(60);
  private static final Duration BRIEF = Duration.ofMillis(500);

  private FaultCaller() {}

  /** How long the handler of a brief call takes: beyond its caller's patience. */
  static final long LONG_MILLIS = 2_500;

  public static void main(String[] args) throws Exception {
    Options with = Options.of(args);
    String prefix = with.text("prefix");
    int count = with.number("count", 1);
    try (Broker broker =
        Broker.connect(
            with.text("url"),
            b ->
                b.appName("faults").stream(FaultWorker.STREAM)
                    .resultsKept(with.millis("kept", 30_000)))) {
      tell("ready");
      var calls = new ArrayList<CompletableFuture<Reply<String>>>(count);
      for (int i = 0; i < count; i++) {
        calls.add(call(broker, prefix + i, patient(i)));
      }
      Map<String, Integer> ends = new TreeMap<>();
      for (int i = 0; i < count; i++) {
        Reply<String> reply = calls.get(i).get(2, TimeUnit.MINUTES);
        if (reply instanceof Reply.Ok<String>(String answer)
            && !answer.equals("done " + prefix + i)) {
          tell("crossed " + prefix + i + " was answered " + answer);
        }
        String kind = patient(i) ? "patient " : "brief ";
        ends.merge(kind + reply.getClass().getSimpleName(), 1, Integer::sum);
      }
      ends.forEach((end, times) -> tell(end + " " + times));
      Map<String, Long> counts = broker.requests().info().counts();
      List.of("foreign", "waiting").forEach(name -> tell(name + " " + counts.get(name)));
      tell("over");
    }
  }

  private static boolean patient(int number) {
    return number % 2 == 0;
  }

  private static CompletableFuture<Reply<String>> call(Broker broker, String id, boolean patient) {
    return broker.callAsync(
        FaultServer.TYPE,
        new Ask(id, patient ? 0 : LONG_MILLIS),
        String.class,
        patient ? PATIENT : BRIEF,
        SendOptions.none().id(id));
  }

  private static void tell(String line) {
    System.out.println(line);
  }
}
