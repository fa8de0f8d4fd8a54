package dev.millrace.broker.backend.redis;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.testkit.contract.RetentionCase;
import dev.millrace.broker.testkit.contract.RetentionProperties;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;

/** Redis against the model. What is there is put there by a script, with ids of the test's own. */
@WithRedis(own = true)
class RetentionPropertiesTest extends RetentionProperties {
  /**
   * ARGV: how many entries, then id and message id of each; how many are deleted, and their ids;
   * then for each group its name, the id it begins behind, how often it is read, consumer and count
   * of each time, how many are acknowledged, their ids, and the id it is set behind then, or ''.
   */
  private static final String PREPARE =
      """
      local at = 1
      local function word() at = at + 1; return ARGV[at - 1] end
      for _ = 1, tonumber(word()) do
        local id = word()
        redis.call('XADD', KEYS[1], id, '_id', word(), 'n', '1')
      end
      for _ = 1, tonumber(word()) do redis.call('XDEL', KEYS[1], word()) end
      while at <= #ARGV do
        local group = word()
        redis.call('XGROUP', 'CREATE', KEYS[1], group, word(), 'MKSTREAM')
        for _ = 1, tonumber(word()) do
          local consumer = word()
          redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', word(), 'STREAMS', KEYS[1], '>')
        end
        for _ = 1, tonumber(word()) do redis.call('XACK', KEYS[1], group, word()) end
        local set_to = word()
        if set_to ~= '' then redis.call('XGROUP', 'SETID', KEYS[1], group, set_to) end
      end
      return 1
      """;

  private final RedisServer server;
  private final Backend backend;
  private final RedisClient client;
  private final StatefulRedisConnection<String, String> beside;
  private final String prepare;

  RetentionPropertiesTest(RedisServer server) {
    this.server = server;
    this.backend = Backends.open(server.url());
    this.client = RedisClient.create(server.url());
    this.beside = client.connect();
    this.prepare = beside.sync().scriptLoad(PREPARE);
  }

  @AfterEach
  void close() {
    beside.close();
    client.shutdown();
    backend.close();
  }

  @Override
  protected Backend backend() {
    return backend;
  }

  @Override
  protected Instant now() {
    List<?> time = (List<?>) server.command("TIME");
    return Instant.ofEpochSecond(Long.parseLong(String.valueOf(time.getFirst())));
  }

  @Override
  protected CompletionStage<?> prepare(String stream, RetentionCase given) {
    var words = new ArrayList<String>();
    words.add("" + given.added().size());
    for (RetentionCase.Added entry : given.added()) {
      words.add(entry.position().value());
      words.add(entry.id());
    }
    words.add("" + given.deleted().size());
    given.deleted().forEach(entry -> words.add(entry.position().value()));
    given.groups().forEach(group -> add(words, group, given));
    return beside
        .async()
        .evalsha(
            prepare, ScriptOutputType.INTEGER, new String[] {stream}, words.toArray(String[]::new));
  }

  private static void add(List<String> words, RetentionCase.Group group, RetentionCase given) {
    words.add(group.name());
    words.add(place(given, group.begins()));
    words.add("" + group.reads().size());
    for (RetentionCase.Read read : group.reads()) {
      words.add(read.consumer());
      words.add("" + read.count());
    }
    words.add("" + group.acknowledged().size());
    given.entries().stream()
        .filter(entry -> group.acknowledged().contains(entry.id()))
        .forEach(entry -> words.add(entry.position().value()));
    words.add(group.setTo().isPresent() ? place(given, group.next()) : "");
  }

  private static String place(RetentionCase given, int index) {
    return given.behind(index).map(Position::value).orElse("0-0");
  }
}
