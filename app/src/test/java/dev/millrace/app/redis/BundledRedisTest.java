package dev.millrace.app.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BundledRedisTest {
  @Test
  void theServerInsideTheProgramAnswersUntilItIsClosed() throws Exception {
    int port;
    try (var redis = BundledRedis.start(Optional.empty())) {
      port = redis.port();
      assertEquals("redis://127.0.0.1:" + port, redis.url());
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.getOutputStream().write("SET a b\r\n".getBytes(StandardCharsets.US_ASCII));
        assertEquals(
            "+OK", new String(socket.getInputStream().readNBytes(3), StandardCharsets.US_ASCII));
      }
    }
    assertThrows(
        IOException.class, () -> new Socket(InetAddress.getLoopbackAddress(), port).close());
  }
}
