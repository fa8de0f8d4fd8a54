package dev.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.AmbiguousSendException;
import dev.millrace.broker.api.SendResult;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class LineSenderTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final List<String> sent = new ArrayList<>();
  private final List<CompletableFuture<SendResult>> answers = new ArrayList<>();
  private final PrintWriter lines = new PrintWriter(out);
  private final LineSender<SendResult> sender =
      new LineSender<>(
          json -> {
            sent.add(json.toString());
            var answer = new CompletableFuture<SendResult>();
            answers.add(answer);
            return answer;
          },
          result -> lines.println(result.id()),
          lines,
          new PrintWriter(err));

  private void accept(int index) {
    answers.get(index).complete(new SendResult.Accepted("id-" + index, "1-" + index));
  }

  @Test
  void printsIdsInTheOrderOfTheLinesWhateverTheOrderOfTheAnswers() {
    sender.line("1");
    sender.line("2");
    accept(1);
    accept(0);
    assertEquals(0, sender.finish());
    assertEquals(List.of("id-0", "id-1"), out.toString().lines().toList());
  }

  @Test
  void reportsALineThatIsNotJsonAndSendsTheOthers() {
    sender.line("{\"a\":1}");
    sender.line("{oops}");
    sender.line("");
    sender.line("{\"a\":2}");
    accept(0);
    accept(1);
    assertEquals(1, sender.finish());
    assertEquals(List.of("{\"a\":1}", "{\"a\":2}"), sent);
    assertEquals("line 2: not JSON", err.toString().substring(0, 16));
  }

  @Test
  void reportsASendThatFailed() {
    sender.line("1");
    answers.get(0).completeExceptionally(new AmbiguousSendException("s", "id", "no answer", null));
    assertEquals(1, sender.finish());
    assertEquals("line 1: send 's'", err.toString().substring(0, 16));
  }

  @Test
  void keepsTheDigitsOfNumbers() {
    sender.line("[1.10, 12345678901234567890, 0.1000000000000000000001]");
    accept(0);
    sender.finish();
    assertEquals(List.of("[1.10,12345678901234567890,0.1000000000000000000001]"), sent);
  }
}
