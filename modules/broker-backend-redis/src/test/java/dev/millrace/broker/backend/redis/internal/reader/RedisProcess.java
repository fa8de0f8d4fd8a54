package dev.millrace.broker.backend.redis.internal.reader;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.awaitility.Awaitility;

/** A redis-server of its own on a free loopback port, in a folder of its own. */
final class RedisProcess implements AutoCloseable {
  private final int port;
  private final Path folder;
  private final List<String> options;
  private Process process;

  private RedisProcess(int port, Path folder, List<String> options) throws IOException {
    this.port = port;
    this.folder = folder;
    this.options = options;
    start();
  }

  static RedisProcess started(String... options) {
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = free.getLocalPort();
      free.close();
      return new RedisProcess(port, Files.createTempDirectory("millrace"), List.of(options));
    } catch (IOException cannot) {
      throw new AssertionError(cannot);
    }
  }

  void start() throws IOException {
    var command = new ArrayList<String>(List.of("redis-server", "--port", "" + port));
    command.addAll(List.of("--bind", "127.0.0.1", "--save", "", "--dir", folder.toString()));
    command.addAll(options);
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(this::listens);
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  String url() {
    return "redis://127.0.0.1:" + port;
  }

  private boolean listens() {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    kill();
    try (var files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
