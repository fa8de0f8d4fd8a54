package dev.millrace.broker.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class RequestReplyTest {
  @Test
  void everyKindOfAnswerArrives() throws Exception {
    assertEquals(
        List.of(
            "costs 2970",
            "refused, NO_PIECES: one piece at least",
            "part 3",
            "part 2",
            "part 1",
            "server first",
            "server second"),
        Printed.by(() -> RequestReply.main(new String[] {"memory:requests-test"})));
  }
}
