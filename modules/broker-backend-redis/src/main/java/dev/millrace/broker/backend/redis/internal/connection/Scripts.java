package dev.millrace.broker.backend.redis.internal.connection;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Loads Lua scripts from the module's resources and runs them by their SHA-1. A line {@code --
 * include: NAME} stands for the text of {@code include/NAME.lua}: Redis has no way for one script
 * to call another.
 */
public final class Scripts {
  private static final String FOLDER = "/dev/millrace/broker/backend/redis/scripts/";

  private static final String INCLUDE = "-- include: ";

  private Scripts() {}

  /**
   * The script of that name.
   *
   * @throws IllegalArgumentException if there is none: an error of this module
   */
  public static Script load(String name) {
    return of(name, text(name));
  }

  private static String text(String name) {
    try (InputStream in = Scripts.class.getResourceAsStream(FOLDER + name + ".lua")) {
      if (in == null) {
        throw new IllegalArgumentException("there is no script " + FOLDER + name + ".lua");
      }
      var text = new StringBuilder();
      String whole = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : whole.lines().toList()) {
        String word = line.strip();
        text.append(
                word.startsWith(INCLUDE)
                    ? text("include/" + word.substring(INCLUDE.length()))
                    : line)
            .append('\n');
      }
      return text.toString();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** A script of this text. */
  public static Script of(String name, String body) {
    return new Script(name, body, sha1(body.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Runs a script: by its SHA-1, and where the server does not know it once more with its text.
   * Nothing was executed when a server answers NOSCRIPT, so that this never runs it twice.
   *
   * @param keys all of one hash slot
   */
  public static <T> CompletionStage<T> run(
      RedisClusterAsyncCommands<String, byte[]> on,
      Script script,
      ScriptOutputType type,
      String[] keys,
      byte[]... args) {
    CompletionStage<T> known = on.evalsha(script.sha1(), type, keys, args);
    return known
        .handle(
            (result, error) -> {
              if (error == null) {
                return CompletableFuture.completedStage(result);
              }
              if (RedisErrors.unwrap(error) instanceof RedisNoScriptException) {
                CompletionStage<T> whole = on.eval(script.body(), type, keys, args);
                return whole;
              }
              return CompletableFuture.<T>failedStage(
                  error instanceof CompletionException ? error : new CompletionException(error));
            })
        .thenCompose(stage -> stage);
  }

  /**
   * Runs a script at once, by its text: what is sent behind it on the same connection finds it
   * done, whether the server knew it or not.
   *
   * @param keys all of one hash slot
   */
  public static <T> CompletionStage<T> runInOrder(
      RedisClusterAsyncCommands<String, byte[]> on,
      Script script,
      ScriptOutputType type,
      String[] keys,
      byte[]... args) {
    return on.eval(script.body(), type, keys, args);
  }

  private static String sha1(byte[] body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(body));
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-1", impossible);
    }
  }
}
