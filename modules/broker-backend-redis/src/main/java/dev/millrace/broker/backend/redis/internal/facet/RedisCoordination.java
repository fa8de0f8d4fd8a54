package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/** Leases, members and values under {@code millrace:…}; time is the server's. */
public final class RedisCoordination implements Coordination {
  private final RedisConnections connections;
  private final Script acquire = Scripts.load("lease-acquire");
  private final Script release = Scripts.load("lease-release");
  private final Script heartbeat = Scripts.load("member-heartbeat");
  private final Script members = Scripts.load("members");
  private final Script compareAndSet = Scripts.load("compare-and-set");

  /** On these connections. */
  public RedisCoordination(RedisConnections connections) {
    this.connections = connections;
  }

  @Override
  public CompletionStage<Optional<Lease>> acquire(String name, String holder, Duration length) {
    CompletionStage<Optional<Lease>> lease =
        this.<Long>run(
                acquire,
                ScriptOutputType.INTEGER,
                leaseKey(name),
                Args.of(holder),
                Args.of(length.toMillis()))
            .thenApply(token -> Optional.ofNullable(token).map(held -> new Lease(holder, held)));
    return RedisErrors.typed("acquire lease", name, lease);
  }

  @Override
  public CompletionStage<Void> release(String name, String holder) {
    CompletionStage<Long> done =
        run(release, ScriptOutputType.INTEGER, leaseKey(name), Args.of(holder));
    return RedisErrors.typed("release lease", name, done.thenAccept(count -> {}));
  }

  @Override
  public CompletionStage<Void> heartbeat(String group, String member, Duration length) {
    CompletionStage<Long> done =
        run(
            heartbeat,
            ScriptOutputType.INTEGER,
            membersKey(group),
            Args.of(member),
            Args.of(length.toMillis()));
    return RedisErrors.typed("heartbeat", group, done.thenAccept(count -> {}));
  }

  @Override
  public CompletionStage<Set<String>> members(String group) {
    CompletionStage<List<byte[]>> names = run(members, ScriptOutputType.MULTI, membersKey(group));
    return RedisErrors.typed(
        "list members",
        group,
        names.thenApply(
            list -> list.stream().map(Args::text).collect(Collectors.toUnmodifiableSet())));
  }

  @Override
  public CompletionStage<Optional<byte[]>> get(String name) {
    return RedisErrors.typed(
        "read value",
        name,
        connections.shared().get(valueKey(name)).thenApply(Optional::ofNullable));
  }

  @Override
  public CompletionStage<Boolean> compareAndSet(
      String name, Optional<byte[]> expected, byte[] value) {
    CompletionStage<Long> done =
        run(
            compareAndSet,
            ScriptOutputType.INTEGER,
            valueKey(name),
            Args.of(expected.isPresent()),
            expected.orElse(new byte[0]),
            value);
    return RedisErrors.typed("set value", name, done.thenApply(count -> count > 0));
  }

  private <T> CompletionStage<T> run(
      Script script, ScriptOutputType type, String key, byte[]... args) {
    return Scripts.run(connections.shared(), script, type, new String[] {key}, args);
  }

  private static String leaseKey(String name) {
    return "millrace:lease:" + name;
  }

  private static String membersKey(String group) {
    return "millrace:members:" + group;
  }

  private static String valueKey(String name) {
    return "millrace:value:" + name;
  }
}
