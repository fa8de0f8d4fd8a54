package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The streams of a Redis. */
public final class RedisStreamLog implements StreamLog {
  private final StreamAdmin admin;
  private final Appender appender;
  private final ReaderFactory readers;

  /** On these connections; readers are opened by the factory. */
  public RedisStreamLog(
      RedisConnections connections, ReaderFactory readers, Generations generations) {
    this.admin = new StreamAdmin(connections);
    this.appender = new Appender(connections, generations);
    this.readers = readers;
  }

  @Override
  public CompletionStage<StreamState> declare(StreamSpec spec) {
    return appender.check(spec).thenCompose(checked -> admin.declare(spec));
  }

  @Override
  public CompletionStage<StreamState> describe(String stream) {
    return admin.describe(stream);
  }

  @Override
  public CompletionStage<Void> delete(String stream) {
    return admin.delete(stream);
  }

  @Override
  public CompletionStage<Boolean> removeGroup(GroupRef group, boolean lastTakesStream) {
    return admin.remove(group, lastTakesStream);
  }

  @Override
  public CompletionStage<List<Appended>> append(
      String stream, List<Entry> entries, AppendGuard guard) {
    return appender.append(stream, entries, guard);
  }

  @Override
  public GroupReader open(GroupRef group, ReaderSpec spec, Sink sink) {
    return readers.open(group, spec, sink);
  }
}
