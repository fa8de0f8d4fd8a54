package dev.millrace.broker.backend.redis.internal.connection;

/**
 * A Lua script.
 *
 * @param name its resource's name without {@code .lua}
 * @param body its text
 * @param sha1 what Redis knows it by
 */
public record Script(String name, String body, String sha1) {
  @Override
  public String toString() {
    return "Script[" + name + "]";
  }
}
