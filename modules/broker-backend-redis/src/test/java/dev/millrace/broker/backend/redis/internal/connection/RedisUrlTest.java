package dev.millrace.broker.backend.redis.internal.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Kind;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Node;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisUrlTest {
  private static RedisUrl parse(String url) {
    return RedisUrl.parse(BackendUrl.of(url));
  }

  private static InvalidConfigException refused(String url) {
    return assertThrows(InvalidConfigException.class, () -> parse(url), url);
  }

  @Test
  void hostAloneHasDefaults() {
    RedisUrl url = parse("redis://localhost");
    assertEquals(Kind.SERVER, url.kind());
    assertEquals(List.of(new Node("localhost", 6379)), url.nodes());
    assertEquals(0, url.database());
    assertFalse(url.tls());
    assertTrue(url.user().isEmpty());
    assertTrue(url.password().isEmpty());
    assertEquals(Duration.ofSeconds(10), url.options().connectTimeout());
    assertEquals(Duration.ofSeconds(5), url.options().commandTimeout());
  }

  @Test
  void everythingAtOnce() {
    RedisUrl url =
        parse(
            "rediss://al%40ice:p%3Aw%2f%25@r.example:7000/3?connectTimeout=500ms&commandTimeout=2m");
    assertEquals(Optional.of("al@ice"), url.user());
    assertEquals(Optional.of(new Secret("p:w/%")), url.password());
    assertEquals(List.of(new Node("r.example", 7000)), url.nodes());
    assertEquals(3, url.database());
    assertTrue(url.tls());
    assertEquals(Duration.ofMillis(500), url.options().connectTimeout());
    assertEquals(Duration.ofMinutes(2), url.options().commandTimeout());
    assertEquals("rediss://***@r.example:7000/3", url.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "redis://secret@h, , secret",
    "redis://:secret@h, , secret",
    "redis://bob:secret@h, bob, secret",
    "redis://bob:a:b@h, bob, a:b",
    "redis://bob:a+b@h, bob, a+b",
    "redis://:a@b@h, , a@b",
    "redis://:a/b?c#d@h, , a/b?c#d",
    "redis://:%C3%A4@h, , ä"
  })
  void takesCredentialsApart(String text, String user, String password) {
    RedisUrl url = parse(text);
    assertEquals(Optional.ofNullable(user), url.user());
    assertEquals(Optional.of(new Secret(password)), url.password());
    assertEquals(List.of(new Node("h", 6379)), url.nodes());
  }

  @Test
  void takesIpv6InBrackets() {
    assertEquals(List.of(new Node("::1", 6380)), parse("redis://[::1]:6380").nodes());
    assertEquals(List.of(new Node("fe80::1", 6379)), parse("redis://:x@[fe80::1]/2").nodes());
    assertEquals("redis://[::1]:6380", parse("redis://[::1]:6380").toString());
  }

  @Test
  void takesSockets() {
    RedisUrl url = parse("redis-socket:///run/my%20redis/r@1.sock?db=4");
    assertEquals(Optional.of(Path.of("/run/my redis/r@1.sock")), url.socket());
    assertEquals(4, url.database());
    assertEquals(Optional.of(new Secret("pw")), parse("redis-socket://u:pw@/r.sock").password());
  }

  @Test
  void takesSentinels() {
    RedisUrl url = parse("redis-sentinel://:pw@a,b:5000,[::1]/1#my%20master");
    assertEquals(
        List.of(new Node("a", 26379), new Node("b", 5000), new Node("::1", 26379)), url.nodes());
    assertEquals(Optional.of("my master"), url.master());
    assertEquals(1, url.database());
    assertEquals(Optional.of("m"), parse("redis-sentinel://a?master=m").master());
    assertEquals(
        Optional.of(new Secret("x")),
        parse("redis-sentinel://a?sentinelPassword=x#m").options().sentinelPassword());
  }

  @Test
  void takesClusters() {
    RedisUrl url = parse("redis-cluster://a:7000,b?tls=true");
    assertEquals(List.of(new Node("a", 7000), new Node("b", 6379)), url.nodes());
    assertTrue(url.tls());
    assertEquals("redis-cluster://a:7000,b:6379", url.toString());
  }

  @Test
  void eventsOfAClusterArePlainUnlessTheUrlSaysSharded() {
    assertFalse(parse("redis-cluster://a").options().shardedEvents());
    assertFalse(parse("redis-cluster://a?events=plain").options().shardedEvents());
    assertTrue(parse("redis-cluster://a?events=sharded").options().shardedEvents());
    assertFalse(parse("redis://a").options().shardedEvents());
    assertEquals(
        "redis-cluster://a:6379?events=sharded",
        parse("redis-cluster://a?events=sharded").toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://a?events=sharded",
        "redis://a?events=plain",
        "redis-socket:///r.sock?events=sharded",
        "redis-sentinel://a?events=sharded#m"
      })
  void onlyAClusterHasShards(String text) {
    String fault = refused(text).faults().getFirst();
    assertTrue(fault.contains("option events does not belong here"), fault);
    assertTrue(fault.contains("use redis-cluster://"), fault);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis:localhost",
        "redis://",
        "redis:///1",
        "redis://h:",
        "redis://h:x",
        "redis://h:0",
        "redis://h:65536",
        "redis://h:6379:1",
        "redis://::1",
        "redis://[::1",
        "redis://[::1]x",
        "redis://a b",
        "redis://h/x",
        "redis://h/-1",
        "redis://h/1/2",
        "redis://a,b",
        "redis://h#m",
        "redis://h?nosuch=1",
        "redis://h?connectTimeout=5",
        "redis://h?connectTimeout=1ms",
        "redis://h?connectTimeout=11m",
        "redis://h?commandTimeout=99ms",
        "redis://h?connectTimeout=1s&connectTimeout=2s",
        "redis://h?connectTimeout",
        "redis://h?maxInFlight=0",
        "redis://h?tls=maybe",
        "redis://h?master=m",
        "redis://h?db=x",
        "redis://h?caFile=/no/such/file",
        "redis://h?certFile=/etc/hostname",
        "redis://@h",
        "redis://u:@h",
        "redis://:%zz@h",
        "redis://:%4@h",
        "redis-socket://run/redis.sock",
        "redis-socket:///",
        "redis-socket:///r.sock?tls=true",
        "redis-sentinel://a",
        "redis-sentinel://a,,b#m",
        "redis-cluster://a/1",
        "redis-cluster://a?db=2",
        "redis-cluster://a?events=both",
        "redis-cluster://a?events="
      })
  void refusesWithTheGrammar(String text) {
    var refused = refused(text);
    assertTrue(refused.getMessage().contains("redis-sentinel://[["), refused.getMessage());
    assertTrue(refused.faults().size() >= 2, refused.faults().toString());
  }

  @Test
  void namesAllFaultsAtOnce() {
    var faults = refused("redis://h:0/x?nosuch=1&connectTimeout=no").faults();
    assertEquals(5, faults.size(), faults.toString());
    assertTrue(faults.get(0).contains("nosuch"), faults.toString());
    assertTrue(faults.toString().contains("port '0'"), faults.toString());
    assertTrue(faults.toString().contains("database 'x'"), faults.toString());
    assertTrue(faults.toString().contains("connectTimeout"), faults.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://bob:canary@h:0",
        "redis://canary@h?nosuch=canary",
        "redis://:canary%zz@h",
        "redis://:x#canary@h:0",
        "redis://:x?canary=canary@h:0",
        "redis-sentinel://a?sentinelPassword=canary",
        "redis-socket://:canary@run"
      })
  void tellsNoSecretInErrors(String text) {
    assertFalse(refused(text).getMessage().contains("canary"), refused(text).getMessage());
  }

  @Test
  void tellsNoSecretInText() {
    RedisUrl url = parse("redis-sentinel://canary:canary@a?sentinelPassword=canary#m");
    assertEquals("redis-sentinel://***@a:26379#m", url.toString());
    assertFalse(url.options().toString().contains("canary"));
  }
}
