package dev.millrace.broker.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReadmeExampleTest {
  @Test
  void showsAllThreePatterns() throws Exception {
    assertEquals(
        List.of("handled Ticket[id=T-1, seats=2]", "heard: two are taken, asked: 50"),
        Printed.by(() -> ReadmeExample.main(new String[0])));
  }
}
