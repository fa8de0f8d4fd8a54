package dev.millrace.broker.testkit.redis;

import dev.millrace.broker.api.InvalidStateException;

/** A server that somebody else runs: it can be used and not be harmed. */
final class ExternalRun implements ServerRun {
  private final String host;
  private final int port;

  ExternalRun(String host, int port) {
    this.host = host;
    this.port = port;
  }

  @Override
  public String host() {
    return host;
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void start() {
    // It runs already, or the wait for its answer says that it does not.
  }

  @Override
  public void limitFiles(long bytes) {
    throw new InvalidStateException(
        "limit files",
        "test Redis",
        "a server of somebody else has no such limit",
        "Install redis-server instead");
  }

  @Override
  public long pid() {
    throw new InvalidStateException(
        "tell the number",
        "test Redis",
        "a server of somebody else tells none",
        "Install redis-server instead");
  }

  @Override
  public void kill() {
    throw notOurs("kill");
  }

  @Override
  public void stop() {
    throw notOurs("stop");
  }

  @Override
  public void pause() {
    throw notOurs("pause");
  }

  @Override
  public void resume() {
    throw notOurs("resume");
  }

  @Override
  public boolean alive() {
    return true;
  }

  @Override
  public String output() {
    return "";
  }

  @Override
  public void discard() {
    // Nothing of it is ours; tests use stream names of their own.
  }

  private InvalidStateException notOurs(String operation) {
    return new InvalidStateException(
        operation,
        host + ":" + port,
        "this server was given by " + RedisServer.URL_VARIABLE + " and belongs to somebody else",
        "Let the test ask for RedisServer.startOwn(), or install redis-server");
  }
}
