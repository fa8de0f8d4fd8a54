package dev.millrace.broker.testkit.fault;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a proxy does with some requests, and how often it has. Thread-safe. */
public final class ProxyRule {
  private final Predicate<List<String>> requests;
  private final long skipped;
  private final long most;
  private final byte @Nullable [] answer;
  private final boolean breaks;
  private final AtomicLong seen = new AtomicLong();
  private final AtomicLong hits = new AtomicLong();

  ProxyRule(
      Predicate<List<String>> requests,
      long skipped,
      long most,
      @Nullable String answer,
      boolean breaks) {
    this.requests = requests;
    this.skipped = skipped;
    this.most = most;
    this.breaks = breaks;
    this.answer = answer == null ? null : (answer + "\r\n").getBytes(StandardCharsets.UTF_8);
  }

  /** Whether this request is meant; counts it. */
  boolean takes(List<String> request) {
    if (request.isEmpty() || !requests.test(request)) {
      return false;
    }
    long number = seen.incrementAndGet();
    return number > skipped && number <= skipped + most;
  }

  /** What is answered in the server's place; null: the reply is swallowed. */
  byte @Nullable [] answer() {
    return answer;
  }

  /** Whether the connection ends with the reply; otherwise only replies do not pass any more. */
  boolean breaks() {
    return breaks;
  }

  void hit() {
    hits.incrementAndGet();
  }

  /** How often it took effect: a reply was swallowed, or an answer written. */
  public long hits() {
    return hits.get();
  }
}
