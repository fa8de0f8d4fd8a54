package dev.millrace.broker.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BookOnceTest {
  @Test
  void booksEachOrderOnceThoughEachIsHandledTwice() throws Exception {
    var printed = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      BookOnce.main(new String[0]);
    } finally {
      System.setOut(before);
    }
    assertEquals(
        "booked 3 messages\n3 bookings, quantity 6\n",
        printed.toString(StandardCharsets.UTF_8).replace("\r\n", "\n"));
  }
}
