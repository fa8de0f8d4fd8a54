package dev.millrace.broker.testkit.fault;

import dev.millrace.broker.testkit.process.ChildProcesses;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A program of the test's class path in a JVM of its own, which can be killed, stalled and told to
 * end. What it prints goes to a file. It dies with this JVM, however that ends. Thread-safe.
 */
public final class ChildJvm implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(20);

  private final String name;
  private final Process process;
  private final Process watchdog;
  private final Path output;

  private ChildJvm(String name, Process process, Path output) throws IOException {
    this.name = name;
    this.process = process;
    this.output = output;
    this.watchdog = ChildProcesses.watch(process);
  }

  /** A builder for this main class. */
  public static Builder of(Class<?> main) {
    return new Builder(main);
  }

  /** Its process number. */
  public long pid() {
    return process.pid();
  }

  /** Whether it runs; a stalled one does. */
  public boolean alive() {
    return process.isAlive();
  }

  /** SIGKILL, and waits for the end. Does nothing when it has ended. */
  public void kill() {
    ChildProcesses.kill(process, name);
  }

  /** SIGSTOP: it stands still and keeps its connections. */
  public void stall() {
    ChildProcesses.signal(process, "-STOP", name);
  }

  /** SIGCONT: it goes on after {@link #stall()}. */
  public void resume() {
    ChildProcesses.signal(process, "-CONT", name);
  }

  /** SIGTERM; does not wait. */
  public void terminate() {
    ChildProcesses.signal(process, "-TERM", name);
  }

  /** Waits for its end; empty if it does not come. */
  public OptionalInt awaitExit(Duration atMost) {
    return ChildProcesses.ended(process, (int) Math.max(1, atMost.toSeconds()))
        ? OptionalInt.of(process.exitValue())
        : OptionalInt.empty();
  }

  /**
   * Waits until it has printed a line that begins so.
   *
   * @return the first such line
   * @throws AssertionError if it ends or the time is up before, with what it printed
   */
  public String awaitLine(String prefix, Duration atMost) {
    try {
      Awaitility.await()
          .atMost(atMost)
          .pollDelay(Duration.ZERO)
          .pollInterval(POLL)
          .until(() -> line(prefix).isPresent() || !process.isAlive());
    } catch (ConditionTimeoutException late) {
      throw new AssertionError(
          name + " printed no '" + prefix + "' in " + atMost + " but:\n" + tail(), late);
    }
    return line(prefix)
        .orElseThrow(
            () ->
                new AssertionError(
                    name + " ended before it printed '" + prefix + "'; it printed:\n" + tail()));
  }

  private Optional<String> line(String prefix) {
    return lines().stream().filter(line -> line.startsWith(prefix)).findFirst();
  }

  /** All whole lines it has printed so far, to either stream. */
  public List<String> lines() {
    try {
      String text = Files.readString(output);
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException("cannot read " + output, unreadable);
    }
  }

  private String tail() {
    List<String> all = lines();
    return String.join("\n", all.subList(Math.max(0, all.size() - 40), all.size()));
  }

  /** Kills it. */
  @Override
  public void close() {
    kill();
    watchdog.destroyForcibly();
  }

  @Override
  public String toString() {
    return name + "[" + process.pid() + "]";
  }

  /** Collects how to start it. Not thread-safe. */
  public static final class Builder {
    private final Class<?> main;
    private final List<String> options = new ArrayList<>();
    private final List<String> arguments = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private String heap = "64m";

    private Builder(Class<?> main) {
      this.main = main;
    }

    /** Adds arguments of the program. */
    public Builder args(String... more) {
      arguments.addAll(List.of(more));
      return this;
    }

    /** Adds options of the JVM. */
    public Builder options(String... more) {
      options.addAll(List.of(more));
      return this;
    }

    /** Adds variables to its environment. */
    public Builder environment(Map<String, String> more) {
      environment.putAll(more);
      return this;
    }

    /** The largest heap, as {@code -Xmx} has it. Default 64m. */
    public Builder heap(String size) {
      heap = size;
      return this;
    }

    /**
     * Starts it.
     *
     * @param output a new file for what it prints
     */
    public ChildJvm start(Path output) {
      var command = new ArrayList<String>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("-Xmx" + heap);
      // Many short JVMs on few processors: what makes them start quickly counts, not their peak.
      command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
      command.addAll(options);
      command.addAll(List.of("-cp", classPath(), main.getName()));
      command.addAll(arguments);
      try {
        var builder =
            new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process started = builder.start();
        started.getOutputStream().close();
        return new ChildJvm(main.getSimpleName(), started, output);
      } catch (IOException failure) {
        throw new UncheckedIOException("cannot start " + command.getFirst(), failure);
      }
    }

    /** That of this JVM, with its modules as plain jars. */
    private String classPath() {
      var all = new LinkedHashSet<String>();
      all.add(location(main));
      for (String property : List.of("java.class.path", "jdk.module.path")) {
        for (String each : System.getProperty(property, "").split(File.pathSeparator, -1)) {
          if (!each.isEmpty()) {
            all.add(each);
          }
        }
      }
      return String.join(File.pathSeparator, all);
    }

    private static String location(Class<?> type) {
      try {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
      } catch (URISyntaxException unusable) {
        throw new UncheckedIOException(new IOException(unusable));
      }
    }
  }
}
