package dev.millrace.broker.backend.redis;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.StreamSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;

/** What tests of the backend need again and again. */
public final class Backends {
  private Backends() {}

  public static Backend open(String url) {
    return new RedisBackendProvider()
        .open(BackendUrl.of(url), BackendContext.standalone("redis test"));
  }

  /** The value of a stage, or its error as it is. */
  public static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().orTimeout(15, TimeUnit.SECONDS).join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw failed;
    }
  }

  /** Appends entries with ids from..to and the field n. */
  public static List<String> append(Backend backend, String stream, int from, int to) {
    var entries = new ArrayList<Entry>();
    for (int i = from; i <= to; i++) {
      entries.add(Entry.of("id-" + i, Fields.of("n", i)));
    }
    return await(backend.log().append(stream, entries, AppendGuard.none())).stream()
        .map(one -> Assertions.assertInstanceOf(Appended.At.class, one).position().value())
        .toList();
  }

  public static void declare(Backend backend, String stream, String... groups) {
    await(backend.log().declare(new StreamSpec(stream, Set.of(groups))));
  }
}
