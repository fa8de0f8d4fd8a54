package dev.millrace.broker.testkit.redis;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.InvalidStateException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A Redis server for tests, on a free loopback port with a folder of its own, never on 6379. It is
 * looked for in this order: the server at {@code MILLRACE_TEST_REDIS_URL}, {@code redis-server} on
 * PATH, Docker through Testcontainers, the static build in {@code org.signal:embedded-redis}.
 *
 * <p>Snapshots are off; {@code --appendonly yes --appendfsync always} makes data outlive {@link
 * #kill()}. It dies with the JVM, however that ends. All methods block until what they say is so;
 * not thread-safe, but for {@link #command} and {@link #connect()}.
 */
public final class RedisServer implements AutoCloseable {
  /** The environment's name for the URL of a server that runs already. */
  public static final String URL_VARIABLE = "MILLRACE_TEST_REDIS_URL";

  private static final Duration READY = Duration.ofSeconds(30);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final ServerRun run;
  private final String url;
  private final List<String> login;

  RedisServer(ServerRun run, String url, List<String> login) {
    this.run = run;
    this.url = url;
    this.login = List.copyOf(login);
  }

  /**
   * A server that runs and answers.
   *
   * @param options command-line options; without any, the server of the environment may be the one
   *     returned, which is shared and cannot be stopped
   */
  public static RedisServer start(String... options) {
    String external = System.getenv(URL_VARIABLE);
    return options.length == 0 && external != null && !external.isBlank()
        ? RedisStarter.external(external)
        : RedisStarter.own(List.of(options));
  }

  /** A server of this test's own, which can be killed, stalled and restarted. */
  public static RedisServer startOwn(String... options) {
    return RedisStarter.own(List.of(options));
  }

  /** Its URL, {@code redis://127.0.0.1:port}. */
  public String url() {
    return url;
  }

  /** The host it listens on. */
  public String host() {
    return run.host();
  }

  /** The port it listens on. */
  public int port() {
    return run.port();
  }

  /** Whether it runs; a paused one does. */
  public boolean alive() {
    return run.alive();
  }

  /**
   * From its next start on it writes no file beyond so many bytes, as if its disk were full; 0: as
   * large as it likes. Only for a server of this test's own.
   */
  public void limitFiles(long bytes) {
    run.limitFiles(bytes);
  }

  /** The process number of a server of this test's own. */
  public long pid() {
    return run.pid();
  }

  /** Kills it as a power cut would, without a last word to clients or disk. */
  public void kill() {
    run.kill();
  }

  /** Stops it in good order. */
  public void stop() {
    run.stop();
  }

  /** Starts it again where it was stopped or killed: same port, same data. */
  public void start() {
    run.start();
    awaitReady();
  }

  /** Kills it and starts it again on the same port and data. */
  public void restart() {
    run.kill();
    start();
  }

  /** Stalls it: connections stay, nothing answers. */
  public void pause() {
    run.pause();
  }

  /** Lets it go on after {@link #pause()}. */
  public void resume() {
    run.resume();
  }

  /** A plain connection beside the product's, to be closed by the caller. */
  public RespClient connect() {
    var client = new RespClient(host(), port(), ANSWER);
    if (!login.isEmpty()) {
      client.command(login.toArray(String[]::new));
    }
    return client;
  }

  /** Sends one command on a connection of its own; see {@link RespClient#command}. */
  public @Nullable Object command(String... words) {
    try (var client = connect()) {
      return client.command(words);
    }
  }

  /** The answer of a command as a number. */
  public long number(String... words) {
    return Long.parseLong(String.valueOf(command(words)));
  }

  /** The answer of a command as text; nil is {@code "null"}. */
  public String text(String... words) {
    return String.valueOf(command(words));
  }

  /** One value of {@code INFO}: {@code info("clients", "connected_clients")}. */
  public String info(String section, String name) {
    return text("INFO", section)
        .lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1))
        .findFirst()
        .orElse("");
  }

  void awaitReady() {
    try {
      Awaitility.await()
          .atMost(READY)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> answers() || !run.alive());
    } catch (ConditionTimeoutException late) {
      throw notReady("it does not answer within " + READY.toSeconds() + " s");
    }
    if (!run.alive()) {
      throw notReady("it ended at once");
    }
  }

  private boolean answers() {
    try {
      return "PONG".equals(command("PING"));
    } catch (BackendUnavailableException notYet) {
      return false;
    } catch (BackendException loading) {
      if (loading.code().equals("LOADING") || loading.code().equals("MASTERDOWN")) {
        return false;
      }
      throw loading;
    }
  }

  private InvalidStateException notReady(String what) {
    return new InvalidStateException(
        "start", "test Redis on " + port(), what + "; it printed: " + run.output(), "Fix that");
  }

  /** Ends it and removes its data. */
  @Override
  public void close() {
    run.discard();
  }

  @Override
  public String toString() {
    return "RedisServer[" + host() + ":" + port() + "]";
  }
}
