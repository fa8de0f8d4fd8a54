package dev.millrace.app;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    var line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(arguments);
  }

  private void assertRefused(String expected, String... arguments) {
    assertEquals(2, run(arguments), err::toString);
    assertAll(
        () -> assertTrue(err.toString().contains(expected), err.toString()),
        () -> assertEquals(1, err.toString().lines().count(), err.toString()));
  }

  @Test
  void helpNamesEveryCommand() {
    assertEquals(0, run("--help"));
    for (String command :
        new String[] {"demo", "worker", "enqueue", "pubsub", "rpc", "dead", "audit", "version"}) {
      assertTrue(out.toString().contains("  " + command), out.toString());
    }
  }

  @Test
  void versionNamesTheJavaItRunsOn() {
    assertEquals(0, run("version"));
    assertTrue(out.toString().contains("on Java " + Runtime.version()), out.toString());
  }

  @Test
  void aMisspelledCommandIsAnsweredWithTheRightOne() {
    assertRefused("Did you mean worker?", "wrker");
  }

  @Test
  void aDurationWithoutUnitIsRefused() {
    assertRefused(
        "'3' is not a duration", "worker", "--stream", "s", "--handle", "a=log", "--lease", "3");
  }

  @Test
  void aRouteWithoutCommandIsRefused() {
    assertRefused(
        "--handle 'ab' has no '='",
        "worker",
        "--url",
        "redis://127.0.0.1:1",
        "--stream",
        "s",
        "--handle",
        "ab");
  }

  @Test
  void aTypeGivenTwiceIsRefused() {
    assertRefused(
        "type 'a' is given twice",
        "worker",
        "--url",
        "redis://127.0.0.1:1",
        "--stream",
        "s",
        "--handle",
        "a=log",
        "--handle",
        "a=log");
  }

  @Test
  void memoryIsRefusedWhereOtherProcessesAreMeant() {
    assertRefused(
        "memory of this process alone", "enqueue", "--url=memory:", "--stream=s", "T", "1");
  }

  @Test
  void aPayloadThatIsNotJsonIsRefusedBeforeAnythingIsSent() {
    assertRefused(
        "The payload is not JSON",
        "enqueue",
        "--url",
        "redis://127.0.0.1:1",
        "--stream",
        "s",
        "T",
        "{\"a\":");
  }

  @Test
  void anInputThatIsNotThereIsRefused() {
    assertRefused("--input '/no/such/file'", "demo", "--input", "/no/such/file");
  }

  @Test
  void aNumberThatIsNoneIsRefused() {
    assertRefused("'many' is not a whole number", "demo", "--count", "many");
  }

  @Test
  void aWrongUrlIsRefusedInOneLine() {
    assertRefused("ftp", "demo", "--url", "ftp://localhost");
  }

  @Test
  void theDemoHandlesEachOrderOfAFileAndReportsItsBadLines(@TempDir Path folder) throws Exception {
    Path input = folder.resolve("orders.csv");
    Files.writeString(
        input,
        """
        id,customer,sku,quantity,cents,currency,country,time
        O-1,C-1,MUG,1,990,EUR,DE,2026-03-01T09:30:00Z
        O-2,C-1,MUG,none,990,EUR,DE,2026-03-01T09:31:00Z
        O-3,C-2,MUG,2,1980,EUR,FR,2026-03-01T09:32:00Z
        """);
    Path run = folder.resolve("run");
    int code = run("demo", "--input", input.toString(), "--out", run.toString());
    assertEquals(0, code, () -> out + "\n" + err);
    assertAll(
        () -> assertEquals(2, Files.readAllLines(run.resolve("accepted-orders.txt")).size()),
        () -> assertTrue(out.toString().contains("accepted = handled: yes"), out.toString()),
        () -> assertTrue(out.toString().contains("told to be missing: yes"), out.toString()),
        () -> assertTrue(out.toString().contains("call has its outcome: yes"), out.toString()),
        () -> assertTrue(out.toString().contains("2 orders read, 1 bad lines"), out.toString()),
        () -> assertTrue(err.toString().contains("line 3: quantity 'none'"), err.toString()),
        () ->
            assertEquals(
                "line 3: quantity 'none' is not a whole number\n",
                Files.readString(run.resolve("bad-lines.txt"))));
  }

  @Test
  void aFolderOfAnEarlierRunIsRefused(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("run.properties"), "run=1\n");
    assertRefused("files of an earlier run", "demo", "--out", folder.toString());
  }
}
