package dev.millrace.app;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ends a command in order when the process is told to stop, and keeps the command's exit code. */
public final class Signals {
  private static final long LONGEST_SECONDS = 120;

  private Signals() {}

  /**
   * Runs a command. At SIGTERM or SIGINT {@code stop} is called, the command is waited for, and the
   * process ends with the command's own exit code.
   */
  public static int run(Runnable stop, Callable<Integer> command) throws Exception {
    var ended = new CompletableFuture<Integer>();
    var hook =
        new Thread(
            () -> {
              stop.run();
              Runtime.getRuntime().halt(codeOf(ended));
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      int code = command.call();
      ended.complete(code);
      return code;
    } finally {
      ended.complete(Failures.FAILED);
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException stoppingAlready) {
        // The hook is at work: it ends the process with the code just given.
        hook.join();
      }
    }
  }

  private static int codeOf(CompletableFuture<Integer> ended) {
    try {
      return ended.get(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException tooLong) {
      return Failures.FAILED;
    } catch (InterruptedException | java.util.concurrent.ExecutionException broken) {
      return Failures.FAILED;
    }
  }
}
