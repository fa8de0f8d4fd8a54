package dev.millrace.broker.testkit.fault;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One connection through a proxy. Each request has a slot, and replies leave in the order of the
 * slots, so that an answer of the proxy's own stands where the server's would have.
 */
final class ProxyLink {
  /** A request whose reply has not left yet. */
  private static final class Slot {
    private final @Nullable ProxyRule rule;
    private byte @Nullable [] reply;

    Slot(@Nullable ProxyRule rule) {
      this.rule = rule;
      this.reply = rule == null ? null : rule.answer();
    }

    boolean own() {
      return rule != null && rule.answer() != null;
    }
  }

  private final RespProxy proxy;
  private final Socket client;
  private final Socket server;

  /** Guards the slots and writing to the client. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Deque<Slot> slots = new ArrayDeque<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  // What has lost something passes nothing more: requests and replies would no longer match.
  private volatile boolean lostRequest;
  private volatile boolean lostReply;

  ProxyLink(RespProxy proxy, Socket client, Socket server) {
    this.proxy = proxy;
    this.client = client;
    this.server = server;
  }

  void start() {
    Thread.ofVirtual().name("proxy-requests").start(() -> pump(this::requests));
    Thread.ofVirtual().name("proxy-replies").start(() -> pump(this::replies));
  }

  private interface Pump {
    void run() throws IOException, InterruptedException;
  }

  private void pump(Pump pump) {
    try {
      pump.run();
    } catch (IOException broken) {
      // Either side may go at any time; the other one is to see it.
      proxy.brokenOff();
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } finally {
      close();
    }
  }

  private void requests() throws IOException, InterruptedException {
    InputStream in = new BufferedInputStream(client.getInputStream());
    OutputStream out = server.getOutputStream();
    for (RespFrame frame = RespFrame.read(in); frame != null; frame = RespFrame.read(in)) {
      proxy.counts().add(frame.words().isEmpty() ? "?" : frame.words().getFirst());
      if (lostRequest || !proxy.passesRequest()) {
        lostRequest = true;
        continue;
      }
      var slot = new Slot(proxy.ruleFor(frame.words()));
      lock.lock();
      try {
        slots.add(slot);
        flush();
      } finally {
        lock.unlock();
      }
      if (!slot.own()) {
        out.write(frame.raw());
        out.flush();
      }
    }
  }

  private void replies() throws IOException, InterruptedException {
    InputStream in = new BufferedInputStream(server.getInputStream());
    for (RespFrame frame = RespFrame.read(in); frame != null; frame = RespFrame.read(in)) {
      boolean passes = !lostReply && proxy.passesReply();
      lock.lock();
      try {
        Slot slot = openSlot();
        if (!passes) {
          lostReply = true;
          slots.remove(slot);
        } else if (slot == null) {
          client.getOutputStream().write(frame.raw());
        } else if (slot.rule != null) {
          slot.rule.hit();
          if (slot.rule.breaks()) {
            return;
          }
          lostReply = true;
          slots.remove(slot);
        } else {
          slot.reply = frame.raw();
        }
        flush();
      } finally {
        lock.unlock();
      }
    }
  }

  /** The oldest slot that waits for the server; null for what the server says unasked. */
  private @Nullable Slot openSlot() {
    for (Slot slot : slots) {
      if (slot.reply == null) {
        return slot;
      }
    }
    return null;
  }

  private void flush() throws IOException {
    OutputStream out = client.getOutputStream();
    for (Slot head = slots.peek(); head != null && head.reply != null; head = slots.peek()) {
      slots.remove();
      if (head.own() && head.rule != null) {
        head.rule.hit();
      }
      out.write(head.reply);
    }
    out.flush();
  }

  /** Whether something was dropped on it. */
  boolean lossy() {
    return lostRequest || lostReply;
  }

  void close() {
    if (closed.compareAndSet(false, true)) {
      proxy.ended(this);
      shut(client);
      shut(server);
    }
  }

  private void shut(Socket socket) {
    try {
      socket.close();
    } catch (IOException alreadyBroken) {
      proxy.brokenOff();
    }
  }
}
