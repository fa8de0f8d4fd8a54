package dev.millrace.broker.api.spi;

import java.util.Arrays;
import java.util.List;

/**
 * All that Millrace measures. A metric is called {@code millrace.<part>.<word>.<component>}, and
 * there is none beside these: a new one is a new constant, and {@code docs/metrics.md}, which
 * {@code millrace metrics} prints, lists it.
 */
public enum Measure {
  /** See {@link #meaning()}. */
  PRODUCER_ACCEPTED(
      Part.PRODUCER,
      "accepted",
      Kind.COUNT,
      "messages",
      "taken by the stream; with the rates, what is sent"),
  /** See {@link #meaning()}. */
  PRODUCER_DUPLICATES(
      Part.PRODUCER,
      "duplicates",
      Kind.COUNT,
      "messages",
      "of the accepted ones, those that the backend had already: repeats of a send"),
  /** See {@link #meaning()}. */
  PRODUCER_FAILED(
      Part.PRODUCER, "failed", Kind.COUNT, "messages", "not sent, as the caller was told"),
  /** See {@link #meaning()}. */
  PRODUCER_AMBIGUOUS(
      Part.PRODUCER,
      "ambiguous",
      Kind.COUNT,
      "messages",
      "of which nobody knows whether they were sent; the caller was told so"),
  /** See {@link #meaning()}. */
  PRODUCER_SEND(
      Part.PRODUCER,
      "send",
      Kind.TIME,
      "time",
      "from a call to its answer; what is sent together is measured once, by its first message"),
  /** See {@link #meaning()}. */
  PRODUCER_IN_FLIGHT(
      Part.PRODUCER, "in_flight", Kind.LEVEL, "messages", "sent and not answered yet"),

  /** See {@link #meaning()}. */
  BACKUP_SPILLED(
      Part.BACKUP,
      "spilled",
      Kind.COUNT,
      "messages",
      "that this producer put into the backup stream"),
  /** See {@link #meaning()}. */
  BACKUP_JOURNALED(
      Part.BACKUP, "journaled", Kind.COUNT, "messages", "that this producer put into the journal"),
  /** See {@link #meaning()}. */
  BACKUP_SWITCHES(Part.BACKUP, "switches", Kind.COUNT, "changes", "of the place where messages go"),
  /** See {@link #meaning()}. */
  BACKUP_DRAINED(
      Part.BACKUP,
      "drained",
      Kind.COUNT,
      "messages",
      "that this process brought back to the stream from backup and journal, whoever had sent them"),
  /** See {@link #meaning()}. */
  BACKUP_ROUTE(
      Part.BACKUP,
      "route",
      Kind.LEVEL,
      "place",
      "where messages go: 0 the stream, 1 the backup stream, 2 the journal"),
  /** See {@link #meaning()}. */
  BACKUP_DEPTH(
      Part.BACKUP, "depth", Kind.LEVEL, "messages", "in the backup stream when it was last seen"),
  /** See {@link #meaning()}. */
  BACKUP_JOURNAL_DEPTH(
      Part.BACKUP, "journal_depth", Kind.LEVEL, "messages", "of the stream in the journal"),
  /** See {@link #meaning()}. */
  BACKUP_JOURNAL_BYTES(
      Part.BACKUP,
      "journal_bytes",
      Kind.LEVEL,
      "bytes",
      "of the journal on disk, of all its streams"),

  /** See {@link #meaning()}. */
  CONSUMER_RECEIVED(
      Part.CONSUMER,
      "received",
      Kind.COUNT,
      "messages",
      "delivered to this consumer, repeats included"),
  /** See {@link #meaning()}. */
  CONSUMER_HANDLED(Part.CONSUMER, "handled", Kind.COUNT, "messages", "handled and acknowledged"),
  /** See {@link #meaning()}. */
  CONSUMER_SKIPPED(
      Part.CONSUMER,
      "skipped",
      Kind.COUNT,
      "messages",
      "acknowledged without being handled, because the handler said so"),
  /** See {@link #meaning()}. */
  CONSUMER_FAILED(Part.CONSUMER, "failed", Kind.COUNT, "attempts", "whose handler threw an error"),
  /** See {@link #meaning()}. */
  CONSUMER_RETRIED(
      Part.CONSUMER, "retried", Kind.COUNT, "messages", "given back to be delivered again later"),
  /** See {@link #meaning()}. */
  CONSUMER_DEAD_LETTERED(
      Part.CONSUMER, "dead_lettered", Kind.COUNT, "messages", "moved to the dead letters"),
  /** See {@link #meaning()}. */
  CONSUMER_UNHANDLED(
      Part.CONSUMER,
      "unhandled",
      Kind.COUNT,
      "messages",
      "given back because no handler here knows their type"),
  /** See {@link #meaning()}. */
  CONSUMER_STALE(
      Part.CONSUMER,
      "stale",
      Kind.COUNT,
      "settlements",
      "that came too late, were refused or had no answer; the messages may come again"),
  /** See {@link #meaning()}. */
  CONSUMER_STALLED(
      Part.CONSUMER,
      "stalled",
      Kind.COUNT,
      "times",
      "that the stream had messages, none came and the consumer began to read anew"),
  /** See {@link #meaning()}. */
  CONSUMER_RENEWED(
      Part.CONSUMER,
      "renewed",
      Kind.COUNT,
      "leases",
      "prolonged because their messages waited or ran for long"),
  /** See {@link #meaning()}. */
  CONSUMER_LEASES_LOST(
      Part.CONSUMER,
      "leases_lost",
      Kind.COUNT,
      "leases",
      "lost to another process; the handler was interrupted"),
  /** See {@link #meaning()}. */
  CONSUMER_RECREATED(
      Part.CONSUMER,
      "recreated",
      Kind.COUNT,
      "times",
      "that the stream or group had vanished and was made again"),
  /** See {@link #meaning()}. */
  CONSUMER_HANDLING(
      Part.CONSUMER,
      "handling",
      Kind.TIME,
      "time",
      "of one run of the handler, with a batch or a message, whatever came of it"),
  /** See {@link #meaning()}. */
  CONSUMER_RUNNING(
      Part.CONSUMER,
      "running",
      Kind.LEVEL,
      "handlers",
      "at work now; at most the consumer's concurrency"),
  /** See {@link #meaning()}. */
  CONSUMER_WAITING(
      Part.CONSUMER,
      "waiting",
      Kind.LEVEL,
      "messages",
      "delivered and waiting for a handler to be free"),
  /** See {@link #meaning()}. */
  CONSUMER_LAG(
      Part.CONSUMER,
      "lag",
      Kind.LEVEL,
      "messages",
      "of the stream not delivered to the group yet; -1: not known"),
  /** See {@link #meaning()}. */
  CONSUMER_PENDING(
      Part.CONSUMER,
      "pending",
      Kind.LEVEL,
      "messages",
      "delivered to the group, all its processes together, and not settled; -1: not known"),
  /** See {@link #meaning()}. */
  CONSUMER_PARKED(
      Part.CONSUMER,
      "parked",
      Kind.LEVEL,
      "messages",
      "given back to the group for a while, as for a retry, that wait beside the stream; -1: not known"),

  /** See {@link #meaning()}. */
  EVENTS_PUBLISHED(Part.EVENTS, "published", Kind.COUNT, "events", "taken by the backend"),
  /** See {@link #meaning()}. */
  EVENTS_FAILED(
      Part.EVENTS, "failed", Kind.COUNT, "events", "that the backend refused or did not confirm"),

  /** See {@link #meaning()}. */
  SUBSCRIPTION_RECEIVED(Part.SUBSCRIPTION, "received", Kind.COUNT, "events", "heard"),
  /** See {@link #meaning()}. */
  SUBSCRIPTION_HANDLED(
      Part.SUBSCRIPTION, "handled", Kind.COUNT, "events", "whose handler came to its end"),
  /** See {@link #meaning()}. */
  SUBSCRIPTION_FAILED(
      Part.SUBSCRIPTION, "failed", Kind.COUNT, "events", "whose handler threw an error"),
  /** See {@link #meaning()}. */
  SUBSCRIPTION_DROPPED(
      Part.SUBSCRIPTION,
      "dropped",
      Kind.COUNT,
      "events",
      "not handled because the buffer was full"),
  /** See {@link #meaning()}. */
  SUBSCRIPTION_GAPS(
      Part.SUBSCRIPTION,
      "gaps",
      Kind.COUNT,
      "gaps",
      "in which events were or may have been missed"),
  /** See {@link #meaning()}. */
  SUBSCRIPTION_HANDLING(
      Part.SUBSCRIPTION,
      "handling",
      Kind.TIME,
      "time",
      "of one run of the handler, whatever came of it"),
  /** See {@link #meaning()}. */
  SUBSCRIPTION_RUNNING(Part.SUBSCRIPTION, "running", Kind.LEVEL, "handlers", "at work now"),
  /** See {@link #meaning()}. */
  SUBSCRIPTION_WAITING(Part.SUBSCRIPTION, "waiting", Kind.LEVEL, "events", "in the buffer"),

  /** See {@link #meaning()}. */
  REQUEST_CLIENT_SENT(Part.REQUEST_CLIENT, "sent", Kind.COUNT, "calls", "begun"),
  /** See {@link #meaning()}. */
  REQUEST_CLIENT_OK(Part.REQUEST_CLIENT, "ok", Kind.COUNT, "calls", "answered"),
  /** See {@link #meaning()}. */
  REQUEST_CLIENT_FAILED(
      Part.REQUEST_CLIENT,
      "failed",
      Kind.COUNT,
      "calls",
      "answered with an error of the server's (remote error)"),
  /** See {@link #meaning()}. */
  REQUEST_CLIENT_NOT_STARTED(
      Part.REQUEST_CLIENT,
      "not_started",
      Kind.COUNT,
      "calls",
      "of which it is known that no server began them"),
  /** See {@link #meaning()}. */
  REQUEST_CLIENT_UNKNOWN(
      Part.REQUEST_CLIENT,
      "unknown",
      Kind.COUNT,
      "calls",
      "of which nobody knows whether a server ended them"),
  /** See {@link #meaning()}. */
  REQUEST_CLIENT_CANCELLED(
      Part.REQUEST_CLIENT,
      "cancelled",
      Kind.COUNT,
      "calls",
      "that their caller gave up; counted by their end too"),
  /** See {@link #meaning()}. */
  REQUEST_CLIENT_LATE(
      Part.REQUEST_CLIENT, "late", Kind.COUNT, "replies", "that came when their call was over"),
  /** See {@link #meaning()}. */
  REQUEST_CLIENT_FOREIGN(
      Part.REQUEST_CLIENT,
      "foreign",
      Kind.COUNT,
      "replies",
      "that no server wrote, and nobody hears"),
  /** See {@link #meaning()}. */
  REQUEST_CLIENT_GAPS(
      Part.REQUEST_CLIENT,
      "gaps",
      Kind.COUNT,
      "gaps",
      "in which replies may have been missed; the results were fetched"),
  /** See {@link #meaning()}. */
  REQUEST_CLIENT_CALL(
      Part.REQUEST_CLIENT,
      "call",
      Kind.TIME,
      "time",
      "from a call's beginning to its end, whichever that was"),
  /** See {@link #meaning()}. */
  REQUEST_CLIENT_WAITING(Part.REQUEST_CLIENT, "waiting", Kind.LEVEL, "calls", "under way"),

  /** See {@link #meaning()}. */
  REQUEST_SERVER_RECEIVED(Part.REQUEST_SERVER, "received", Kind.COUNT, "requests", "delivered"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_HANDLED(
      Part.REQUEST_SERVER, "handled", Kind.COUNT, "requests", "whose handler gave an answer"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_FAILED(
      Part.REQUEST_SERVER, "failed", Kind.COUNT, "requests", "whose handler threw an error"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_EXPIRED(
      Part.REQUEST_SERVER,
      "expired",
      Kind.COUNT,
      "requests",
      "not begun because their time was over"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_UNHANDLED(
      Part.REQUEST_SERVER,
      "unhandled",
      Kind.COUNT,
      "requests",
      "of a type that has no handler here"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_LOST(
      Part.REQUEST_SERVER,
      "lost",
      Kind.COUNT,
      "requests",
      "that another server had, and died over or lost; answered with unknown"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_CANCELLED(
      Part.REQUEST_SERVER,
      "cancelled",
      Kind.COUNT,
      "requests",
      "that their callers gave up while they were here"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_UNANSWERED(
      Part.REQUEST_SERVER, "unanswered", Kind.COUNT, "answers", "that the backend did not take"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_FOREIGN(
      Part.REQUEST_SERVER,
      "foreign",
      Kind.COUNT,
      "entries",
      "that are no requests, and were deleted"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_GAPS(
      Part.REQUEST_SERVER,
      "gaps",
      Kind.COUNT,
      "gaps",
      "in which cancellations may have been missed"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_RENEWED(
      Part.REQUEST_SERVER,
      "renewed",
      Kind.COUNT,
      "leases",
      "prolonged because their requests ran for long"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_LEASES_LOST(
      Part.REQUEST_SERVER,
      "leases_lost",
      Kind.COUNT,
      "leases",
      "lost to another server; the handler was interrupted"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_HANDLING(
      Part.REQUEST_SERVER,
      "handling",
      Kind.TIME,
      "time",
      "of one run of the handler, whatever came of it"),
  /** See {@link #meaning()}. */
  REQUEST_SERVER_RUNNING(
      Part.REQUEST_SERVER, "running", Kind.LEVEL, "requests", "in hand, whether begun or not"),

  /** See {@link #meaning()}. */
  CLEANER_VISITS(Part.CLEANER, "visits", Kind.COUNT, "visits", "of a cleaner that is in charge"),
  /** See {@link #meaning()}. */
  CLEANER_REMOVED(Part.CLEANER, "removed", Kind.COUNT, "entries", "trimmed"),
  /** See {@link #meaning()}. */
  CLEANER_DROPPED(
      Part.CLEANER,
      "dropped",
      Kind.COUNT,
      "entries",
      "of those, what groups lost without having read or settled it"),
  /** See {@link #meaning()}. */
  CLEANER_ERRORS(Part.CLEANER, "errors", Kind.COUNT, "visits", "that failed"),
  /** See {@link #meaning()}. */
  CLEANER_ALARMS(
      Part.CLEANER, "alarms", Kind.COUNT, "times", "that a group was told to hold up trimming"),
  /** See {@link #meaning()}. */
  CLEANER_SLICE(
      Part.CLEANER, "slice", Kind.TIME, "time", "of one step of trimming, as the backend took"),
  /** See {@link #meaning()}. */
  CLEANER_LEADER(
      Part.CLEANER,
      "leader",
      Kind.LEVEL,
      "yes or no",
      "1: of all processes' cleaners of the stream this one is in charge"),

  /** See {@link #meaning()}. */
  READER_ACKS_MISSING(
      Part.READER,
      "acks_missing",
      Kind.COUNT,
      "messages",
      "acknowledged and not pending any more: settled elsewhere, or their group was made anew"),
  /** See {@link #meaning()}. */
  READER_RECREATED(
      Part.READER,
      "recreated",
      Kind.COUNT,
      "times",
      "that a stream or group had vanished and was made again"),
  /** See {@link #meaning()}. */
  READER_STUCK(
      Part.READER,
      "stuck",
      Kind.COUNT,
      "commands",
      "given up because the server answered long after it should have"),
  /** See {@link #meaning()}. */
  READER_LOST(
      Part.READER,
      "lost",
      Kind.COUNT,
      "messages",
      "deleted by somebody before they were acknowledged");

  private final Part part;
  private final String word;
  private final Kind kind;
  private final String unit;
  private final String meaning;

  Measure(Part part, String word, Kind kind, String unit, String meaning) {
    this.part = part;
    this.word = word;
    this.kind = kind;
    this.unit = unit;
    this.meaning = meaning;
  }

  /** What it is measured of. */
  public Part part() {
    return part;
  }

  /** Its own name, unique in its part: lower case and underscores. */
  public String word() {
    return word;
  }

  /** Its name in full, {@code consumer.handled}. */
  public String label() {
    return part.word + "." + word;
  }

  /** How it is measured. */
  public Kind kind() {
    return kind;
  }

  /** What it counts, in the plural; "time" of times. */
  public String unit() {
    return unit;
  }

  /** What it tells, to be read after its unit: "messages", "handled and acknowledged". */
  public String meaning() {
    return meaning;
  }

  /** The measures of a part, in their order. */
  public static List<Measure> of(Part part) {
    return Arrays.stream(values()).filter(each -> each.part == part).toList();
  }

  /** How something is measured. */
  public enum Kind {
    /** A number that only grows, while its component is there. */
    COUNT,
    /** How long each operation took, and how many there were. */
    TIME,
    /** A number that goes up and down. */
    LEVEL
  }

  /** What has measures. */
  public enum Part {
    /** Simple and backup producers. */
    PRODUCER("producer", "simple and backup producers", "the producer"),
    /** Backup producers, beside what all producers have. */
    BACKUP("backup", "backup producers, beside what all producers have", "the producer"),
    /** Consumers, and durable subscriptions. */
    CONSUMER("consumer", "consumers, and durable subscriptions", "the consumer or subscription"),
    /** What is published. */
    EVENTS("events", "what is published", "the application"),
    /** Live subscriptions. */
    SUBSCRIPTION("subscription", "live subscriptions", "the subscription"),
    /** Clients of requests. */
    REQUEST_CLIENT("request_client", "clients of requests", "the client"),
    /** Servers of requests. */
    REQUEST_SERVER("request_server", "servers of requests", "the server"),
    /** Cleaners. */
    CLEANER("cleaner", "cleaners", "the cleaner, `cleaner:` and its stream"),
    /** What the Redis backend reads. */
    READER("reader", "what the Redis backend reads", "the stream");

    private final String word;
    private final String what;
    private final String named;

    Part(String word, String what, String named) {
      this.word = word;
      this.what = what;
      this.named = named;
    }

    /** The first word of its measures: lower case and underscores. */
    public String word() {
      return word;
    }

    /** What it is, in words, in the plural. */
    public String what() {
      return what;
    }

    /** After what the last word of its metrics is named. */
    public String named() {
      return named;
    }
  }
}
