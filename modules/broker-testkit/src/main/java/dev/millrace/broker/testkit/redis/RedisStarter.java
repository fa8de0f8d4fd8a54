package dev.millrace.broker.testkit.redis;

import dev.millrace.broker.api.InvalidStateException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds a way to run a server and runs it. */
final class RedisStarter {
  private static final int ATTEMPTS = 5;

  private RedisStarter() {}

  static RedisServer external(String url) {
    URI uri = URI.create(url);
    if (!"redis".equals(uri.getScheme()) || uri.getHost() == null) {
      throw new InvalidStateException(
          "start",
          "test Redis",
          RedisServer.URL_VARIABLE + " is not of the form redis://[user:password@]host:port",
          "Correct it or unset it");
    }
    int port = uri.getPort() < 0 ? 6379 : uri.getPort();
    var server = new RedisServer(new ExternalRun(uri.getHost(), port), url, login(uri));
    server.awaitReady();
    return server;
  }

  private static List<String> login(URI uri) {
    String user = uri.getUserInfo();
    if (user == null) {
      return List.of();
    }
    var words = new ArrayList<>(List.of("AUTH"));
    for (String word : user.split(":", 2)) {
      if (!word.isEmpty()) {
        words.add(word);
      }
    }
    return words;
  }

  static RedisServer own(List<String> options) {
    // The port was free a moment ago; somebody else may have taken it since.
    for (int attempt = 1; ; attempt++) {
      RedisServer server = onPort(FreePorts.one(), options);
      try {
        server.start();
        return server;
      } catch (InvalidStateException failure) {
        server.close();
        if (attempt == ATTEMPTS || !String.valueOf(failure.getMessage()).contains("in use")) {
          throw failure;
        }
      }
    }
  }

  private static RedisServer onPort(int port, List<String> options) {
    var arguments = new ArrayList<>(List.of("--port", Integer.toString(port), "--save", ""));
    arguments.addAll(options);
    return new RedisServer(find(port, arguments), "redis://127.0.0.1:" + port, List.of());
  }

  private static ServerRun find(int port, List<String> arguments) {
    Path folder = folder();
    var local = new ArrayList<String>(arguments);
    local.addAll(List.of("--bind", "127.0.0.1", "--dir", folder.toString()));
    Optional<Path> installed = RedisBinary.installed();
    if (installed.isPresent()) {
      return new ProcessRun(installed.get(), folder, port, local);
    }
    if (ContainerRun.available()) {
      return new ContainerRun(port, arguments);
    }
    return new ProcessRun(program(folder), folder, port, local);
  }

  /** A program to start directly, where a container will not do. */
  static Path program(Path folder) {
    return RedisBinary.installed()
        .or(() -> RedisBinary.bundled(folder))
        .orElseThrow(
            () ->
                new InvalidStateException(
                    "start",
                    "test Redis",
                    "there is no redis-server on PATH, no Docker, and no bundled build for "
                        + System.getProperty("os.name")
                        + " "
                        + System.getProperty("os.arch"),
                    "Install redis-server or set " + RedisServer.URL_VARIABLE));
  }

  static Path folder() {
    try {
      return Files.createTempDirectory("millrace-redis-");
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot make a folder for a test Redis", failure);
    }
  }
}
