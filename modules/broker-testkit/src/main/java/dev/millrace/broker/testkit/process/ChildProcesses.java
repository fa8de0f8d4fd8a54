package dev.millrace.broker.testkit.process;

import dev.millrace.broker.api.InvalidStateException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;

/** Signals to child processes, and the promise that none outlives this JVM. Thread-safe. */
public final class ChildProcesses {
  private ChildProcesses() {}

  /**
   * Ties a process to this JVM: a shell waits for the end of its input, which comes with the end of
   * this JVM however it dies, and then kills the process. The shell goes when the process goes, so
   * that it never meets another one of the same number.
   *
   * @return the shell, to be destroyed by whoever no longer needs the promise
   */
  public static Process watch(Process process) throws IOException {
    Process shell =
        new ProcessBuilder("/bin/sh", "-c", "read line; kill -9 " + process.pid())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    var unused = process.onExit().thenRun(shell::destroyForcibly);
    return shell;
  }

  /**
   * Sends a signal as {@code kill} does and waits until that is done.
   *
   * @param signal for instance {@code -STOP}
   * @param name of the process, for errors
   */
  public static void signal(Process process, String signal, String name) {
    if (!process.isAlive()) {
      throw new InvalidStateException(
          "signal " + signal, name, "it does not run", "Start it first");
    }
    try {
      int code = new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
      if (code != 0) {
        throw new IOException("kill " + signal + " ended with " + code);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  /** Kills a process, a stopped one too, and waits for its end. */
  public static void kill(Process process, String name) {
    process.destroyForcibly();
    if (!ended(process, 30)) {
      throw new InvalidStateException(
          "kill",
          name + ", process " + process.pid(),
          "it does not end",
          "Look for a process stuck in the kernel");
    }
  }

  /** Waits for the end. Whether it came. */
  public static boolean ended(Process process, int seconds) {
    try {
      return process.waitFor(seconds, TimeUnit.SECONDS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }
}
