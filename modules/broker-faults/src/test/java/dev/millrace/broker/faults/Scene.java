package dev.millrace.broker.faults;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.testkit.History;
import dev.millrace.broker.testkit.TotalQueueCheck;
import dev.millrace.broker.testkit.fault.ChildJvm;
import dev.millrace.broker.testkit.fault.Evidence;
import dev.millrace.broker.testkit.redis.RedisSentinels;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A Redis of its own, processes around it, and the history of all of them. */
final class Scene implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(30);
  private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]*)\"");

  private final AutoCloseable servers;
  private final String url;
  private final Supplier<RedisServer> redis;
  private final Path folder;
  private final List<Path> histories = new ArrayList<>();
  private final History sending;
  private final List<AutoCloseable> open = new ArrayList<>();
  private int children;

  /** Whatever was acknowledged is on disk: its own options come first. */
  Scene(String... options) {
    this(RedisServer.startOwn(synced(options)));
  }

  private Scene(RedisServer own) {
    this(own, own.url(), () -> own);
  }

  private Scene(AutoCloseable servers, String url, Supplier<RedisServer> redis) {
    this.servers = servers;
    this.url = url;
    this.redis = redis;
    try {
      folder = Files.createTempDirectory("millrace-faults-");
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    sending = History.writing(file("sending"));
  }

  private static String[] synced(String... options) {
    var all = new ArrayList<>(List.of("--appendonly", "yes", "--appendfsync", "always"));
    all.addAll(Arrays.asList(options));
    return all.toArray(String[]::new);
  }

  /** A master, its replica and their Sentinels, which end with the scene. */
  static Scene on(RedisSentinels servers) {
    return new Scene(servers, servers.url(), servers::current);
  }

  /** The servers of a scene {@link #on} them. */
  RedisSentinels sentinels() {
    return (RedisSentinels) servers;
  }

  /** Where everybody connects to. */
  String url() {
    return url;
  }

  /** The server; with Sentinels the one that is the master now. */
  RedisServer redis() {
    return redis.get();
  }

  History sending() {
    return sending;
  }

  /** A file that is no history. */
  Path other(String name) {
    return folder.resolve(name);
  }

  /** The file of a history that the check reads too. */
  Path file(String name) {
    Path file = folder.resolve(name);
    histories.add(file);
    return file;
  }

  Path gate() {
    return folder.resolve("gate");
  }

  void openGate() throws IOException {
    Files.writeString(gate(), "open");
  }

  /** A history that the check reads too. */
  History history(String name) {
    return History.writing(file(name));
  }

  /** A worker process that is ready. */
  ChildJvm worker(String... args) {
    ChildJvm child = workerStarting("64m", url, args);
    child.awaitLine("ready", SOON);
    return child;
  }

  ChildJvm workerStarting(String heap, String url, String... args) {
    return workerStarting(Map.of(), heap, url, args);
  }

  ChildJvm workerStarting(
      Map<String, String> environment, String heap, String url, String... args) {
    int number = ++children;
    ChildJvm child =
        ChildJvm.of(FaultWorker.class)
            .environment(environment)
            .heap(heap)
            .options("-Dmillrace.faults.log=ERROR", "-Dmillrace.faults.shutdown=INFO")
            .args("url=" + url, "history=" + file("worker-" + number), "gate=" + gate())
            .args(args)
            .start(folder.resolve("worker-" + number + ".out"));
    open.add(child);
    return child;
  }

  /** A sender process that is ready. */
  ChildJvm producer(String... args) {
    int number = ++children;
    ChildJvm child =
        ChildJvm.of(FaultProducer.class)
            .args("url=" + url, "history=" + file("producer-" + number))
            .args("prefix=p" + number)
            .args(args)
            .start(folder.resolve("producer-" + number + ".out"));
    open.add(child);
    child.awaitLine("ready", SOON);
    return child;
  }

  /** A process with arguments of its own that is ready. */
  ChildJvm child(Class<?> main, String heap, String... args) {
    int number = ++children;
    ChildJvm child =
        ChildJvm.of(main)
            .heap(heap)
            .args("url=" + url)
            .args(args)
            .start(folder.resolve("child-" + number + ".out"));
    open.add(child);
    child.awaitLine("ready", SOON);
    return child;
  }

  /** A process with a backup producer that is ready; all of a scene share a journal. */
  ChildJvm backupSender(String... args) {
    int number = ++children;
    ChildJvm child =
        ChildJvm.of(BackupSender.class)
            .args("url=" + url, "history=" + file("backup-" + number))
            .args("prefix=b" + number, "journal=" + folder.resolve("journal"))
            .args(args)
            .start(folder.resolve("backup-" + number + ".out"));
    open.add(child);
    child.awaitLine("ready", SOON);
    return child;
  }

  /** A broker of this process that only sends. */
  Broker sender(String url, SendPolicy policy) {
    var stream =
        StreamConfig.builder(FaultWorker.STREAM).groups(FaultWorker.GROUP).sending(policy).build();
    return closing(
        Broker.connect(
            url,
            b ->
                b.appName("faults").stream(stream)
                    .consumerGroup(FaultWorker.GROUP)
                    .shutdownDeadline(Duration.ofSeconds(2))));
  }

  Broker sender(String url) {
    return sender(url, SendPolicy.defaults());
  }

  Broker sender() {
    return sender(url);
  }

  <T extends AutoCloseable> T closing(T what) {
    open.add(what);
    return what;
  }

  // ---- what is so

  TotalQueueCheck check() {
    return TotalQueueCheck.of(all());
  }

  /** The histories of all processes, together. */
  History all() {
    return History.reading(histories.stream().filter(Files::exists).toList());
  }

  /** How many different jobs were handled. */
  long handled() {
    return all().events().stream()
        .filter(event -> event.kind() == History.Kind.HANDLED)
        .map(History.Event::id)
        .distinct()
        .count();
  }

  /** How many entries the stream has. */
  long length() {
    return redis().number("XLEN", FaultWorker.STREAM);
  }

  /** The newest file of the server's append-only log. */
  Path appendOnlyFile() throws IOException {
    Path log = Path.of(setting("dir")).resolve(setting("appenddirname"));
    try (Stream<Path> files = Files.list(log)) {
      return files
          .filter(file -> file.toString().endsWith(".incr.aof"))
          .max(Comparator.naturalOrder())
          .orElseThrow();
    }
  }

  private String setting(String name) {
    return String.valueOf(((List<?>) redis().command("CONFIG", "GET", name)).get(1));
  }

  /** How many deliveries of the group are not settled. */
  long pending() {
    return number(pendingSummary());
  }

  private Object pendingSummary() {
    return ((List<?>) redis().command("XPENDING", FaultWorker.STREAM, FaultWorker.GROUP))
        .getFirst();
  }

  private static long number(Object answer) {
    return Long.parseLong(String.valueOf(answer));
  }

  /** The id of the job in this text, fit for a history; a question mark if there is none. */
  static String jobId(String text) {
    Matcher id = ID.matcher(text);
    return id.find() ? Names.printable(id.group(1)) : "?";
  }

  /** The ids of the jobs among the dead letters, once for each entry. */
  List<String> dead() {
    var ids = new ArrayList<String>();
    Object entries =
        redis()
            .command("XRANGE", "{" + FaultWorker.STREAM + "}:dead:" + FaultWorker.GROUP, "-", "+");
    for (Object entry : (List<?>) entries) {
      ids.add(jobId(String.valueOf(((List<?>) entry).get(1))));
    }
    return ids;
  }

  /** Waits until a condition holds; says what it is if it never does. */
  static void await(
      String what, Duration atMost, java.util.concurrent.Callable<Boolean> condition) {
    try {
      Awaitility.await()
          .atMost(atMost)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .ignoreExceptions()
          .until(condition);
    } catch (ConditionTimeoutException never) {
      throw new AssertionError("not within " + atMost + ": " + what, never);
    }
  }

  /** Fails unless a condition, once there, holds for this long. */
  static void holds(String what, Duration time, java.util.concurrent.Callable<Boolean> condition) {
    try {
      Awaitility.await()
          .during(time)
          .atMost(time.multipliedBy(4))
          .pollInterval(Duration.ofMillis(20))
          .until(condition);
    } catch (ConditionTimeoutException broken) {
      throw new AssertionError("not for " + time + ": " + what, broken);
    }
  }

  /**
   * Waits until everything accepted has come out and nothing is pending; then checks.
   *
   * @param effects what the fault must have done by then
   */
  TotalQueueCheck drained(Duration atMost, int duplicatesAllowed, Supplier<Evidence> effects) {
    long begun = System.nanoTime();
    List<String> dead = new ArrayList<>();
    try {
      await(
          "everything accepted has come out",
          atMost,
          () -> {
            TotalQueueCheck now = check();
            dead.clear();
            dead.addAll(dead());
            return dead.containsAll(now.lost()) && pending() == 0;
          });
    } catch (AssertionError late) {
      throw new AssertionError(
          late.getMessage()
              + "; lost "
              + check().lost().stream().limit(10).toList()
              + ", pending "
              + pending()
              + ", dead "
              + dead.size(),
          late);
    }
    History letters = history("dead-letters");
    dead().forEach(letters::deadLettered);
    TotalQueueCheck check = check();
    Evidence evidence = effects.get();
    System.out.printf(
        "faults: %d acknowledged, %d without an answer came out, %d duplicates (budget %d), drained in %d ms, %s%n",
        check.acknowledged().size(),
        check.recovered().size(),
        check.duplicates(),
        duplicatesAllowed,
        Duration.ofNanos(System.nanoTime() - begun).toMillis(),
        evidence);
    check.assertSound(duplicatesAllowed);
    evidence.assertSeen();
    return check;
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    servers.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
