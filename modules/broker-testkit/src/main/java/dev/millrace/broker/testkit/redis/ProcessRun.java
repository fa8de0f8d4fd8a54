package dev.millrace.broker.testkit.redis;

import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.testkit.process.ChildProcesses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server as a child process with a folder of its own. Not thread-safe. */
final class ProcessRun implements ServerRun {
  private final Path program;
  private final Path folder;
  private final int port;
  private final List<String> arguments;
  private long fileLimit;
  private @Nullable Process process;
  private @Nullable Process watchdog;

  ProcessRun(Path program, Path folder, int port, List<String> arguments) {
    this.program = program;
    this.folder = folder;
    this.port = port;
    this.arguments = List.copyOf(arguments);
  }

  @Override
  public String host() {
    return "127.0.0.1";
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void start() {
    if (alive()) {
      return;
    }
    var command = new ArrayList<String>();
    if (fileLimit > 0) {
      // Units of 512 bytes. Without the trap a write beyond the limit kills the process.
      String limited = "trap '' XFSZ; ulimit -S -f " + fileLimit / 512 + "; exec \"$0\" \"$@\"";
      command.addAll(List.of("sh", "-c", limited));
    }
    command.add(program.toString());
    command.addAll(arguments);
    try {
      Process started =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
              .start();
      process = started;
      watchdog = ChildProcesses.watch(started);
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot start " + program, failure);
    }
  }

  @Override
  public void limitFiles(long bytes) {
    fileLimit = bytes;
  }

  @Override
  public long pid() {
    Process running = process;
    if (running == null) {
      throw new InvalidStateException("tell the number", name(), "it does not run", "Start it");
    }
    return running.pid();
  }

  @Override
  public void kill() {
    Process running = process;
    if (running != null) {
      ChildProcesses.kill(running, name());
    }
  }

  @Override
  public void stop() {
    Process running = process;
    if (running != null) {
      running.destroy();
      if (!ChildProcesses.ended(running, 10)) {
        ChildProcesses.kill(running, name());
      }
    }
  }

  @Override
  public void pause() {
    signal("-STOP");
  }

  @Override
  public void resume() {
    signal("-CONT");
  }

  private void signal(String signal) {
    Process running = process;
    if (running == null) {
      throw new InvalidStateException(
          "signal " + signal, name(), "it does not run", "Start it first");
    }
    ChildProcesses.signal(running, signal, name());
  }

  private String name() {
    return "test Redis on " + port;
  }

  @Override
  public boolean alive() {
    Process running = process;
    return running != null && running.isAlive();
  }

  @Override
  public String output() {
    try {
      String all = Files.exists(log()) ? Files.readString(log()) : "";
      return all.length() > 2_000 ? all.substring(all.length() - 2_000) : all;
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }

  @Override
  public void discard() {
    kill();
    Process shell = watchdog;
    if (shell != null) {
      shell.destroyForcibly();
    }
    try {
      deleteTree(folder);
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot remove " + folder, failure);
    }
  }

  private Path log() {
    return folder.resolve("server.log");
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes ignored)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
              throws IOException {
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
