package dev.millrace.broker.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TracedOrderTest {
  @Test
  void oneTraceHoldsTheTaskItsRequestAndItsEvent() throws Exception {
    var printed = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      TracedOrder.main(new String[0]);
    } finally {
      System.setOut(before);
    }
    assertEquals(
        """
        send BOOK
          handle BOOK
            send PRICE
              handle PRICE
            send booked
              handle booked
        1 trace
        """,
        printed.toString(StandardCharsets.UTF_8).replace("\r\n", "\n"));
  }
}
