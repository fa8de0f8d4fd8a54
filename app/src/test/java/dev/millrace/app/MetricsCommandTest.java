package dev.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MetricsCommandTest {
  @Test
  void printsTheDocumentThatListsAllThatIsMeasured() throws Exception {
    var out = new StringWriter();
    var line = Main.commandLine().setOut(new PrintWriter(out));
    assertEquals(0, line.execute("metrics"));
    assertEquals(
        Files.readString(Path.of("../docs/metrics.md")),
        out.toString(),
        "docs/metrics.md is not what `millrace metrics` prints; write it anew");
  }
}
