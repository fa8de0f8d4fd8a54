package dev.millrace.app;

import static org.awaitility.Awaitility.await;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A command of the program on a thread of its own, and what it has written so far. */
final class Running {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final CompletableFuture<Integer> code = new CompletableFuture<>();
  private final Thread thread;

  Running(String... arguments) {
    var line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    this.thread = Thread.ofPlatform().daemon().start(() -> code.complete(line.execute(arguments)));
  }

  /** Until standard error has this. */
  Running says(String text) {
    await().atMost(LONG).until(() -> err.toString().contains(text) || code.isDone());
    if (!err.toString().contains(text)) {
      throw new AssertionError("it said: " + err + "\nand wrote: " + out);
    }
    return this;
  }

  List<String> lines() {
    return out.toString().lines().toList();
  }

  List<String> errors() {
    return err.toString().lines().toList();
  }

  /** Its exit code, once it has ended by itself. */
  int ended() {
    return code.orTimeout(LONG.toSeconds(), java.util.concurrent.TimeUnit.SECONDS).join();
  }

  /** Interrupts it, as Ctrl-C does where a command waits for one thing. */
  void interrupt() {
    thread.interrupt();
  }
}
