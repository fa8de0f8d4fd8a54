package dev.millrace.broker.testkit.fault;

import dev.millrace.broker.testkit.redis.FreePorts;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A way to a server that can be shut: connections stay, new ones are taken, and nothing comes
 * through, as where a network loses every packet. Once it is open again, what was held comes
 * through, as TCP would repeat it. Unlike {@link RespProxy} it knows no protocol, so that
 * replication goes through it too. Thread-safe.
 */
public final class TcpGate implements AutoCloseable {
  private final String host;
  private final int target;
  private final int port;
  private final ServerSocket listener;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicLong held = new AtomicLong();

  /** Guards whether it is shut. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition opened = lock.newCondition();
  private boolean shut;

  private TcpGate(String host, int target) {
    this.host = host;
    this.target = target;
    this.port = FreePorts.one();
    try {
      listener = new ServerSocket();
      listener.setReuseAddress(true);
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot listen on " + port, failure);
    }
    Thread.ofVirtual().name("gate-accept").start(this::accept);
  }

  /** One before this server, open, on a free loopback port. */
  public static TcpGate before(String host, int port) {
    return new TcpGate(host, port);
  }

  /** Its own port. */
  public int port() {
    return port;
  }

  /** Lets nothing through any more, in neither direction. */
  public void shut() {
    set(true);
  }

  /** Lets everything through again. */
  public void open() {
    set(false);
  }

  /** How often something came to it while it was shut: a connection, or a piece of what is said. */
  public long held() {
    return held.get();
  }

  private void set(boolean next) {
    lock.lock();
    try {
      shut = next;
      opened.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void pass() throws InterruptedException {
    lock.lock();
    try {
      if (shut) {
        held.incrementAndGet();
      }
      while (shut) {
        opened.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        sockets.add(client);
        Thread.ofVirtual().name("gate").start(() -> connect(client));
      } catch (IOException closed) {
        // The loop looks whether it was us.
      }
    }
  }

  private void connect(Socket client) {
    try (client;
        var server = new Socket()) {
      sockets.add(server);
      pass();
      server.connect(new InetSocketAddress(host, target));
      Thread answers =
          Thread.ofVirtual().name("gate-answers").start(() -> pumpAnswers(server, client));
      pump(client, server);
      answers.join();
    } catch (IOException broken) {
      // Either side may go at any time; both are closed by then, which is all there is to do.
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } finally {
      sockets.remove(client);
    }
  }

  private void pumpAnswers(Socket server, Socket client) {
    try {
      pump(server, client);
    } catch (IOException broken) {
      // As above.
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } finally {
      sockets.remove(server);
    }
  }

  /** Until one end goes; then both go. */
  private void pump(Socket from, Socket to) throws IOException, InterruptedException {
    try (from;
        to) {
      from.setTcpNoDelay(true);
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] piece = new byte[64 * 1024];
      for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
        pass();
        out.write(piece, 0, count);
      }
    }
  }

  /** Breaks everything and gives the port back. */
  @Override
  public void close() {
    open();
    close(listener);
    sockets.forEach(TcpGate::close);
  }

  private static void close(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception failure) {
      throw new IllegalStateException("cannot close " + socket, failure);
    }
  }
}
