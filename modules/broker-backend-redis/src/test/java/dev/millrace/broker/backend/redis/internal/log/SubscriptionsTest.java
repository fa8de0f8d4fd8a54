package dev.millrace.broker.backend.redis.internal.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubscriptionsTest {
  private static final String SUBSCRIBED = "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n";

  private final BlockingQueue<Runnable> ticks = new LinkedBlockingQueue<>();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final List<Instant> gaps = new CopyOnWriteArrayList<>();

  private static String event(String text) {
    return "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$" + text.length() + "\r\n" + text + "\r\n";
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 6, 8, 11, 17, 25})
  void anEventWhoseBeginningCameBeforeABeatIsHeard(int cut) throws Exception {
    String first = event("A");
    try (var server = new Server();
        RedisClient client = client(server)) {
      server.answers.add(SUBSCRIBED + first.substring(0, cut));
      var connection =
          client.connectPubSub(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
      var subscriptions = new Subscriptions(connection, clock());
      subscriptions
          .add(ChannelPattern.exactly("news"), sink())
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);
      beat();
      assertEquals("SUBSCRIBE news", server.next());
      assertEquals("SUBSCRIBE news", server.next(), "what is sent while something is subscribed");
      server.answers.add(first.substring(cut) + SUBSCRIBED + event("B"));
      Awaitility.await().until(() -> heard.contains("B"));
      assertEquals(List.of("A", "B"), heard);
      assertTrue(connection.isOpen());
      // One beat more: the first one has had its answer.
      beat();
      server.answers.add(SUBSCRIBED + event("C"));
      assertEquals("SUBSCRIBE news", server.next());
      Awaitility.await().until(() -> heard.contains("C"));
      assertEquals(List.of(), gaps);
      subscriptions.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 6, 8, 11, 17, 25})
  void itIsSubscribedWhenTheServerHasSaidSoThoughAnEventComesFirst(int cut) throws Exception {
    String first = event("A");
    try (var server = new Server();
        RedisClient client = client(server)) {
      server.answers.add(SUBSCRIBED + first.substring(0, cut));
      var connection =
          client.connectPubSub(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
      var subscriptions = new Subscriptions(connection, clock());
      subscriptions
          .add(ChannelPattern.exactly("news"), sink())
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);
      var second = subscriptions.add(ChannelPattern.exactly("news"), sink()).toCompletableFuture();
      // Of the command, whose answer the event has taken, nothing is heard any more.
      server.answers.add(first.substring(cut));
      Awaitility.await().until(() -> heard.equals(List.of("A", "A")));
      assertFalse(second.isDone());
      server.say(SUBSCRIBED);
      second.get(10, TimeUnit.SECONDS);
      subscriptions.close();
    }
  }

  @Test
  void whoWaitsForTheAnswerIsToldThatTheConnectionBroke() throws Exception {
    try (var server = new Server();
        RedisClient client = client(server)) {
      var connection =
          client.connectPubSub(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
      var subscriptions = new Subscriptions(connection, clock());
      var waiting = subscriptions.add(ChannelPattern.exactly("news"), sink()).toCompletableFuture();
      server.answers.add(event("A")); // and no answer
      Awaitility.await().until(() -> heard.contains("A"));
      assertFalse(waiting.isDone());
      server.hangUp();
      assertThrows(ExecutionException.class, () -> waiting.get(10, TimeUnit.SECONDS));
      subscriptions.close();
    }
  }

  @Test
  void whereNothingIsSubscribedTheConnectionIsPinged() throws Exception {
    try (var server = new Server();
        RedisClient client = client(server)) {
      var connection =
          client.connectPubSub(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
      var subscriptions = new Subscriptions(connection, clock());
      beat();
      assertEquals("PING", server.next());
      server.answers.add("+PONG\r\n");
      subscriptions.close();
    }
  }

  /** So many ticks that one of them asks, however idle it is. */
  private void beat() throws InterruptedException {
    for (int i = 0; i < 10; i++) {
      ticks.take().run();
    }
  }

  private static RedisClient client(Server server) {
    RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", server.port()));
    client.setOptions(
        ClientOptions.builder()
            .protocolVersion(ProtocolVersion.RESP2)
            .pingBeforeActivateConnection(false)
            .maintNotificationsConfig(MaintNotificationsConfig.disabled())
            .build());
    return client;
  }

  private EventSink sink() {
    return new EventSink() {
      @Override
      public void event(String channel, Entry event) {
        heard.add(event.fields().text("payload"));
      }

      @Override
      public void gap(Instant from, Instant to) {
        gaps.add(from);
      }
    };
  }

  /** Whose timers go off when the test says so. */
  private BrokerClock clock() {
    return new BrokerClock() {
      @Override
      public Instant now() {
        return BrokerClock.system().now();
      }

      @Override
      public long nanoTime() {
        return BrokerClock.system().nanoTime();
      }

      @Override
      public Cancellable schedule(Duration delay, Runnable task) {
        ticks.add(task);
        return () -> ticks.remove(task);
      }
    };
  }

  /** Answers the commands about subscriptions with what it is given, whatever that is. */
  private static final class Server implements AutoCloseable {
    private final ServerSocket listening;
    private final BlockingQueue<String> commands = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private volatile @Nullable Socket connected;

    Server() throws IOException {
      listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      Thread.ofVirtual().start(this::serve);
    }

    int port() {
      return listening.getLocalPort();
    }

    @Nullable String next() throws InterruptedException {
      return commands.poll(10, TimeUnit.SECONDS);
    }

    private void serve() {
      try (Socket client = listening.accept()) {
        connected = client;
        client.setTcpNoDelay(true);
        var in =
            new BufferedReader(
                new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
        OutputStream out = client.getOutputStream();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          String command = command(in, Integer.parseInt(line.substring(1)));
          String answer = "+OK\r\n";
          if (command.startsWith("SUBSCRIBE") || command.startsWith("PING")) {
            commands.add(command);
            answer = answers.take();
          }
          out.write(answer.getBytes(StandardCharsets.UTF_8));
          out.flush();
        }
      } catch (IOException gone) {
        if (!listening.isClosed()) {
          throw new UncheckedIOException(gone);
        }
      } catch (InterruptedException ended) {
        Thread.currentThread().interrupt();
      }
    }

    /** Without having been asked. */
    void say(String text) throws IOException {
      OutputStream out = Objects.requireNonNull(connected).getOutputStream();
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    }

    void hangUp() throws IOException {
      listening.close();
      Objects.requireNonNull(connected).close();
    }

    private static String command(BufferedReader in, int words) throws IOException {
      var command = new StringBuilder();
      for (int i = 0; i < words; i++) {
        in.readLine();
        command.append(i == 0 ? "" : " ").append(in.readLine());
      }
      return command.toString();
    }

    @Override
    public void close() throws IOException {
      listening.close();
    }
  }
}
