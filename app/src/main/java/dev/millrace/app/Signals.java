package dev.millrace.app;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ends a command in order when the process is told to stop, and keeps the command's exit code. */
public final class Signals {
  private static final Duration BY_DEFAULT = Duration.ofMinutes(2);

  private Signals() {}

  /**
   * Runs a command. At SIGTERM or SIGINT {@code stop} is called, the command is waited for, and the
   * process ends with the command's own exit code.
   */
  public static int run(Runnable stop, Callable<Integer> command) throws Exception {
    return run(stop, BY_DEFAULT, command);
  }

  /** As {@link #run(Runnable, Callable)}, for a command that may take longer to end. */
  static int run(Runnable stop, Duration longest, Callable<Integer> command) throws Exception {
    var ended = new CompletableFuture<Integer>();
    var hook =
        new Thread(
            () -> {
              stop.run();
              Runtime.getRuntime().halt(codeOf(ended, longest));
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

  private static int codeOf(CompletableFuture<Integer> ended, Duration longest) {
    try {
      return ended.get(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException tooLong) {
      return Failures.FAILED;
    } catch (InterruptedException | java.util.concurrent.ExecutionException broken) {
      return Failures.FAILED;
    }
  }
}
