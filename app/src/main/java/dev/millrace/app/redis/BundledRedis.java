package dev.millrace.app.redis;

import dev.millrace.app.Processes;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A redis-server on a free port of the loopback interface, without persistence, for as long as this
 * object is open: the one on the PATH, else the one inside the program.
 */
public final class BundledRedis implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(10);
  private static final int TRIES = 5;

  private final Path directory;
  private final Process process;
  private final int port;
  private final String origin;

  private BundledRedis(Path directory, Process process, int port, String origin) {
    this.directory = directory;
    this.process = process;
    this.port = port;
    this.origin = origin;
  }

  /**
   * Starts one and waits until it answers.
   *
   * @throws IOException if there is no server for this system, or it does not start
   */
  public static BundledRedis start() throws IOException {
    return start(Processes.find("redis-server"));
  }

  static BundledRedis start(Optional<Path> installed) throws IOException {
    Path directory = Files.createTempDirectory("millrace-redis");
    try {
      Path binary = installed.isPresent() ? installed.get() : extract(directory);
      String origin = installed.isPresent() ? binary.toString() : "the bundled redis-server";
      for (int attempt = 1; ; attempt++) {
        int port = freePort();
        Process process = launch(binary, port, directory);
        if (answers(process, port)) {
          return new BundledRedis(directory, process, port, origin);
        }
        process.destroyForcibly();
        // Another program may have taken the port in between.
        if (attempt == TRIES) {
          throw new IOException(origin + " did not start: " + lastLines(directory));
        }
      }
    } catch (IOException | RuntimeException failed) {
      delete(directory);
      throw failed;
    }
  }

  /** Its URL. */
  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  /** Its port. */
  public int port() {
    return port;
  }

  /** Which binary runs, for people. */
  public String origin() {
    return origin;
  }

  /** Stops the server and removes what it left. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
      }
    } catch (InterruptedException hurry) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    delete(directory);
  }

  private static Path extract(Path directory) throws IOException {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String family = system.contains("mac") ? "darwin" : system.contains("linux") ? "linux" : system;
    String machine =
        switch (System.getProperty("os.arch", "")) {
          case "x86_64", "amd64" -> "amd64";
          case "aarch64", "arm64" -> "arm64";
          case "i386", "i686", "x86" -> "386";
          case String other -> other;
        };
    String name = "redis-server-7.0.15-" + family + "-" + machine;
    try (InputStream in = ClassLoader.getSystemResourceAsStream(name)) {
      if (in == null) {
        throw new FileNotFoundException(
            "There is no redis-server on the PATH and none is bundled for "
                + family
                + " on "
                + machine
                + "; install Redis 7 or newer, or give --url");
      }
      Path binary = directory.resolve("redis-server");
      Files.copy(in, binary);
      if (!binary.toFile().setExecutable(true)) {
        throw new IOException("cannot make " + binary + " executable");
      }
      return binary;
    }
  }

  private static Process launch(Path binary, int port, Path directory) throws IOException {
    var command =
        List.of(
            binary.toString(),
            "--port",
            Integer.toString(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            directory.toString());
    return new ProcessBuilder(Processes.apart(command))
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("redis.log").toFile())
        .start();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean answers(Process process, int port) {
    long end = System.nanoTime() + START.toNanos();
    while (process.isAlive() && System.nanoTime() < end) {
      if (pong(port)) {
        return true;
      }
      LockSupport.parkNanos(20_000_000);
    }
    return false;
  }

  private static boolean pong(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
      socket.setSoTimeout(500);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(5);
      return new String(answer, StandardCharsets.US_ASCII).equals("+PONG");
    } catch (IOException notYet) {
      return false;
    }
  }

  private static String lastLines(Path directory) throws IOException {
    Path log = directory.resolve("redis.log");
    String text = Files.exists(log) ? Files.readString(log) : "";
    var lines = text.lines().toList();
    return String.join(" | ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
  }

  private static void delete(Path directory) {
    try (var files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException leftBehind) {
      // Temporary files of a stopped server; the system clears them away.
      directory.toFile().deleteOnExit();
    }
  }
}
