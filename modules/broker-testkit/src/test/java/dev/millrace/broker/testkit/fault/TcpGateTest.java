package dev.millrace.broker.testkit.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a gate lets through. */
@Timeout(20)
class TcpGateTest {
  private static final int A_WHILE = 300;

  @Test
  void holdsWhatIsSaidWhileItIsShutAndLosesNothing() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var gate = TcpGate.before("127.0.0.1", server.getLocalPort());
        var client = new Socket("127.0.0.1", gate.port());
        var served = server.accept()) {
      served.setSoTimeout(A_WHILE);
      client.setSoTimeout(A_WHILE);
      client.getOutputStream().write(1);
      assertEquals(1, served.getInputStream().read());
      served.getOutputStream().write(2);
      assertEquals(2, client.getInputStream().read());

      gate.shut();
      client.getOutputStream().write(3);
      served.getOutputStream().write(4);
      assertThrows(SocketTimeoutException.class, () -> served.getInputStream().read());
      assertThrows(SocketTimeoutException.class, () -> client.getInputStream().read());
      assertTrue(gate.held() >= 2, "what it held is counted");

      gate.open();
      served.setSoTimeout(0);
      client.setSoTimeout(0);
      assertEquals(3, served.getInputStream().read());
      assertEquals(4, client.getInputStream().read());
    }
  }

  @Test
  void aConnectionMadeWhileItIsShutIsTakenAndReachesTheServerAfterwards() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var gate = TcpGate.before("127.0.0.1", server.getLocalPort())) {
      gate.shut();
      try (var client = new Socket("127.0.0.1", gate.port())) {
        client.getOutputStream().write(7);
        Awaitility.await().until(() -> gate.held() > 0);
        server.setSoTimeout(A_WHILE);
        assertThrows(SocketTimeoutException.class, server::accept);

        gate.open();
        server.setSoTimeout(0);
        try (var served = server.accept()) {
          assertEquals(7, served.getInputStream().read());
        }
      }
    }
  }

  @Test
  void whoIsConnectedSeesTheOtherEndGo() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var gate = TcpGate.before("127.0.0.1", server.getLocalPort());
        var client = new Socket("127.0.0.1", gate.port())) {
      server.accept().close();
      assertTrue(isOver(client), "the end is passed on");
    }
  }

  private static boolean isOver(Socket client) throws IOException {
    try {
      return client.getInputStream().read() < 0;
    } catch (SocketException reset) {
      return true;
    }
  }
}
