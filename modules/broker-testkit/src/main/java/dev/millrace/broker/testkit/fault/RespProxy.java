package dev.millrace.broker.testkit.fault;

import dev.millrace.broker.testkit.redis.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy before a Redis server that breaks the link in every way links break, and that can
 * answer in the server's place. It passes whole requests and replies of RESP2. What it does it
 * counts, so that a test can tell whether its fault happened. Thread-safe.
 */
public final class RespProxy implements AutoCloseable {
  private enum Mode {
    PASS,
    FREEZE,
    DROP_REQUESTS,
    DROP_REPLIES
  }

  private final String host;
  private final int target;
  private final int port;
  private final Set<ProxyLink> links = ConcurrentHashMap.newKeySet();
  private final List<ProxyRule> rules = new CopyOnWriteArrayList<>();
  private final CommandCounts counts = new CommandCounts();
  private final AtomicLong connections = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong held = new AtomicLong();
  private final AtomicLong broken = new AtomicLong();

  /** Guards the mode and the listener. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition changed = lock.newCondition();
  private volatile Mode mode = Mode.PASS;
  private volatile Duration delay = Duration.ZERO;
  private volatile @Nullable ServerSocket listener;

  private RespProxy(String host, int target) {
    this.host = host;
    this.target = target;
    this.port = FreePorts.one();
  }

  /** One before this server, on a free loopback port. */
  public static RespProxy before(String host, int port) {
    var proxy = new RespProxy(host, port);
    proxy.accept();
    return proxy;
  }

  /** Its own URL, {@code redis://127.0.0.1:port}. */
  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  /** Its own port. */
  public int port() {
    return port;
  }

  // ---- faults

  /** Holds everything in both directions: a half-open link. Connections stay. */
  public void freeze() {
    mode(Mode.FREEZE);
  }

  /** Loses what clients say; the server hears nothing more. */
  public void dropRequests() {
    mode(Mode.DROP_REQUESTS);
  }

  /** Loses what the server says; it goes on executing. */
  public void dropReplies() {
    mode(Mode.DROP_REPLIES);
  }

  /** Everything takes so much longer, in each direction. Zero: not at all. */
  public void delay(Duration time) {
    delay = time;
  }

  /** Refuses new connections; those there are stay. */
  public void refuse() {
    ServerSocket open = listener;
    listener = null;
    if (open != null) {
      close(open);
    }
  }

  /** Breaks every connection. How many there were. */
  public int cutAll() {
    List<ProxyLink> all = List.copyOf(links);
    all.forEach(ProxyLink::close);
    return all.size();
  }

  /** Everything passes again and connections are taken; those that lost something are broken. */
  public void heal() {
    delay = Duration.ZERO;
    mode(Mode.PASS);
    links.stream().filter(ProxyLink::lossy).toList().forEach(ProxyLink::close);
    accept();
  }

  /**
   * Executes a request, then loses its reply and breaks the connection.
   *
   * @param request which, by its words
   * @param nth which of those, from 1
   */
  public ProxyRule swallowReply(Predicate<List<String>> request, int nth) {
    return rule(new ProxyRule(request, nth - 1L, 1, null, true));
  }

  /**
   * Executes a request, then loses its reply and all that follow on its connection, which stays: it
   * has broken in one direction.
   *
   * @param request which, by its words
   * @param nth which of those, from 1
   */
  public ProxyRule loseReplies(Predicate<List<String>> request, int nth) {
    return rule(new ProxyRule(request, nth - 1L, 1, null, false));
  }

  /**
   * Answers requests in the server's place, which never sees them.
   *
   * @param request which, by their words
   * @param line a line of RESP without its end, such as {@code -LOADING dataset}
   * @param most how many
   */
  public ProxyRule answer(Predicate<List<String>> request, String line, long most) {
    return rule(new ProxyRule(request, 0, most, line, true));
  }

  private ProxyRule rule(ProxyRule rule) {
    rules.add(rule);
    return rule;
  }

  /** Ends a rule. */
  public void remove(ProxyRule rule) {
    rules.remove(rule);
  }

  // ---- what was seen

  /** The requests that came, whatever became of them. */
  public CommandCounts counts() {
    return counts;
  }

  /** Connections accepted so far. */
  public long connections() {
    return connections.get();
  }

  /** Connections there are. */
  public int open() {
    return links.size();
  }

  /** Requests and replies lost by dropping. */
  public long dropped() {
    return dropped.get();
  }

  /** Requests and replies that had to wait while it was frozen. */
  public long held() {
    return held.get();
  }

  /** Connections that ended by an error of either side. */
  public long broken() {
    return broken.get();
  }

  // ---- for links

  @Nullable ProxyRule ruleFor(List<String> request) {
    for (ProxyRule rule : rules) {
      if (rule.takes(request)) {
        return rule;
      }
    }
    return null;
  }

  boolean passesRequest() throws InterruptedException {
    return passes(Mode.DROP_REQUESTS);
  }

  boolean passesReply() throws InterruptedException {
    return passes(Mode.DROP_REPLIES);
  }

  private boolean passes(Mode dropping) throws InterruptedException {
    if (delay.isPositive()) {
      TimeUnit.NANOSECONDS.sleep(delay.toNanos());
    }
    if (mode == Mode.FREEZE) {
      held.incrementAndGet();
      awaitThaw();
    }
    if (mode == dropping) {
      dropped.incrementAndGet();
      return false;
    }
    return true;
  }

  private void awaitThaw() throws InterruptedException {
    lock.lock();
    try {
      while (mode == Mode.FREEZE) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  void ended(ProxyLink link) {
    links.remove(link);
  }

  void brokenOff() {
    broken.incrementAndGet();
  }

  // ---- the listener

  private void mode(Mode next) {
    lock.lock();
    try {
      mode = next;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    lock.lock();
    try {
      if (listener != null) {
        return;
      }
      var open = new ServerSocket();
      open.setReuseAddress(true);
      open.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      listener = open;
      Thread.ofVirtual().name("proxy-accept").start(() -> accept(open));
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot listen on " + port, failure);
    } finally {
      lock.unlock();
    }
  }

  private void accept(ServerSocket open) {
    while (!open.isClosed()) {
      try {
        connect(open.accept());
      } catch (IOException closed) {
        brokenOff();
      }
    }
  }

  private void connect(Socket client) throws IOException {
    connections.incrementAndGet();
    client.setTcpNoDelay(true);
    Socket server;
    try {
      server = new Socket(host, target);
    } catch (IOException refused) {
      client.close();
      throw refused;
    }
    server.setTcpNoDelay(true);
    var link = new ProxyLink(this, client, server);
    links.add(link);
    link.start();
  }

  private void close(ServerSocket open) {
    try {
      open.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Breaks everything and gives the port back. */
  @Override
  public void close() {
    refuse();
    mode(Mode.PASS);
    cutAll();
  }
}
