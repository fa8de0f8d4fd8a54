package dev.millrace.broker.manager;

import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;

@WithRedis
class RedisDeadLettersTest extends DeadLettersContract {
  private final RedisServer server;

  RedisDeadLettersTest(RedisServer server) {
    this.server = server;
  }

  @Override
  StreamManager connect() {
    return StreamManager.connect(server.url());
  }

  @Override
  void expectComebacks(String stream, String group) {
    server.command("XGROUP", "CREATE", "{" + stream + "}:retry:" + group, group, "0", "MKSTREAM");
  }
}
