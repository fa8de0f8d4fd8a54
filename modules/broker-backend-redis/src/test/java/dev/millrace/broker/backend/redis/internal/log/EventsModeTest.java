package dev.millrace.broker.backend.redis.internal.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EventsModeTest {
  private static final byte @Nullable [] NOTHING = null;

  private final List<String> commands = new ArrayList<>();
  private final List<String> done = new ArrayList<>();
  private final Answer<byte[]> get = new Answer<>();
  private final Answer<byte[]> set = new Answer<>();
  private @Nullable RuntimeException thrown;
  private final EventsMode mode = new EventsMode(connections());

  private RedisConnections connections() {
    var shared =
        (RedisClusterAsyncCommands<?, ?>)
            proxy(
                RedisClusterAsyncCommands.class,
                method -> {
                  if (thrown != null) {
                    throw thrown;
                  }
                  commands.add(method);
                  return method.equals("get") ? get : set;
                });
    return (RedisConnections)
        proxy(
            RedisConnections.class,
            method ->
                switch (method) {
                  case "shared" -> shared;
                  case "shards" -> Optional.empty();
                  case "cluster" -> true;
                  default -> "redis-cluster://h:1";
                });
  }

  private interface Answers {
    Object to(String method);
  }

  private static Object proxy(Class<?> type, Answers answers) {
    return Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (self, method, args) -> answers.to(method.getName()));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private CompletableFuture<String> use(String name) {
    return use(
        () -> {
          done.add(name);
          return CompletableFuture.completedStage(name);
        });
  }

  private CompletableFuture<String> use(Supplier<CompletionStage<String>> what) {
    return mode.where(what).toCompletableFuture().orTimeout(10, TimeUnit.SECONDS);
  }

  @Test
  void whereTheModeIsWrittenDownNothingIsWritten() {
    var first = use("first");
    assertFalse(first.isDone());
    get.complete(bytes("plain"));
    assertEquals("first", first.join());
    assertEquals("second", use("second").join());
    assertEquals(List.of("get"), commands);
  }

  @Test
  void whereItIsNotItIsWrittenUnlessAnotherProcessWasFaster() {
    var first = use("first");
    get.complete(NOTHING);
    assertEquals(List.of("get", "setGet"), commands);
    set.complete(bytes("sharded"));
    var refused = assertThrows(CompletionException.class, first::join);
    assertTrue(refused.getMessage().contains("events=sharded"), refused.getMessage());
    assertEquals(List.of(), done);
  }

  @Test
  void errorsOfAskingNameTheKeyAndAreAskedAgain() {
    var first = use("first");
    get.completeExceptionally(new RedisCommandExecutionException("NOPERM no such right"));
    var refused = assertThrows(CompletionException.class, first::join);
    var error = (BackendException) refused.getCause();
    assertEquals("NOPERM", error.code());
    assertTrue(error.getMessage().contains("millrace:events"), error.getMessage());
    var unused = use("second");
    assertEquals(List.of("get", "get"), commands);
  }

  @Test
  void keyThatHoldsSomethingElseIsNamedWithWhatToDo() {
    var first = use("first");
    get.completeExceptionally(new RedisCommandExecutionException("WRONGTYPE Operation against"));
    var refused = assertThrows(CompletionException.class, first::join);
    assertTrue(refused.getMessage().contains("Delete the key millrace:events"));
  }

  @Test
  void whatCannotBeAskedFailsAndTheNextOneIsAsked() {
    thrown = new IllegalStateException("no network");
    assertThrows(CompletionException.class, use("first")::join);
    thrown = null;
    var second = use("second");
    get.complete(bytes("plain"));
    assertEquals("second", second.join());
  }

  @Test
  void useThatThrowsFailsAloneAndThoseBehindItAreDone() {
    var first =
        use(
            () -> {
              throw new IllegalStateException("cannot be written");
            });
    var second = use("second");
    get.complete(bytes("plain"));
    var failed = assertThrows(CompletionException.class, first::join);
    assertEquals("cannot be written", failed.getCause().getMessage());
    assertEquals("second", second.join());
    assertEquals("third", use("third").join());
  }

  @Test
  void whatComesWhileOthersAreDoneWaitsForItsTurn() throws Exception {
    var begun = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var unused =
        mode.where(
            () -> {
              begun.countDown();
              awaitQuietly(goOn);
              done.add("first");
              return CompletableFuture.completedStage("first");
            });
    Thread answering = Thread.ofVirtual().start(() -> get.complete(bytes("plain")));
    assertTrue(begun.await(10, TimeUnit.SECONDS));
    var second = use("second");
    assertFalse(second.isDone());
    goOn.countDown();
    second.get(10, TimeUnit.SECONDS);
    answering.join();
    assertEquals(List.of("first", "second"), done);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertTrue(latch.await(10, TimeUnit.SECONDS));
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }
}
