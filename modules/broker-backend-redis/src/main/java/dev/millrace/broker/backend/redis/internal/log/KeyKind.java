package dev.millrace.broker.backend.redis.internal.log;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The kinds of keys beside a stream; docs/wire-format.md says of each how it ends. */
public enum KeyKind {
  /** Dead letters of a group; they stay when it goes. */
  DEAD(Owner.STREAM, "stream", true, "dead letters of group"),
  /** What waits for room in the stream. */
  BACKUP(Owner.STREAM, "stream", true, "backup"),
  /** What came back from parking. */
  RETRY(Owner.GROUP, "stream", true, "returned messages of group"),
  /** Notes on these. */
  RETRY_NOTES(Owner.GROUP, "hash", false, "notes on returned messages of group"),
  /** When what is parked comes back. */
  PARKED(Owner.GROUP, "zset", false, "due times of parked messages of group"),
  /** What is parked. */
  PARKED_ENTRIES(Owner.GROUP, "hash", true, "parked messages of group"),
  /** Notes on deliveries. */
  NOTES(Owner.GROUP, "hash", false, "notes of group"),
  /** Leases of consumers. */
  LEASES(Owner.GROUP, "hash", false, "leases of the consumers of group"),
  /** Until when consumers count as alive. */
  ALIVE(Owner.GROUP, "zset", false, "signs of life of the consumers of group"),
  /** Counters of an audit. */
  AUDIT(Owner.GROUP, "hash", false, "audit of group"),
  /** Which audits are on. */
  AUDITS(Owner.STREAM, "hash", false, "audits"),
  /** What groups may still need. */
  FLOOR(Owner.STREAM, "hash", false, "floors of the groups"),
  /** Epochs of fencing tokens. */
  FENCE(Owner.STREAM, "hash", false, "fence epochs of the groups"),
  /** What was set at run time. */
  SETTINGS(Owner.NONE, "hash", false, "settings"),
  /** What was dropped. */
  DROPS(Owner.STREAM, "stream", false, "ledger of drops"),
  /** How many entries were added. */
  TREND(Owner.STREAM, "hash", false, "trend"),
  /** When scheduled entries are due. */
  SCHEDULE(Owner.WHO_MOVES_IT, "zset", false, "due times of a schedule"),
  /** The scheduled entries. */
  SCHEDULE_ENTRIES(Owner.WHO_MOVES_IT, "hash", true, "scheduled messages"),
  /** Who looks after a group. */
  TURN(Owner.TIME, "string", false, "turn of group"),
  /** The same, for what came back. */
  RETRY_TURN(Owner.TIME, "string", false, "retry turn of group"),
  /** The generation of lines and ids. */
  IDS(Owner.TIME, "string", false, "generation of ids"),
  /** Where the entry of an id is. */
  ID(Owner.TIME, "string", false, "marker of id"),
  /** How far a line has come. */
  LINE(Owner.TIME, "string", false, "line"),
  /** The last numbers of a producer. */
  SENT(Owner.TIME, "string", false, "numbers of producer"),
  /** That an effect was made. */
  EFFECT(Owner.TIME, "string", false, "marker of effect"),
  /** A request and its reply. */
  CALL(Owner.TIME, "string", false, "request"),
  /** Requests; nothing has to be where its name says. */
  RPC(Owner.NONE, "stream", true, "requests"),
  /** Events of a channel that are kept; a channel is no key. */
  EVENTS(Owner.WHO_WANTS_THEM, "stream", true, "kept events");

  /** What ends a key. */
  public enum Owner {
    /** It goes with its stream. */
    STREAM,
    /** It goes with its group. */
    GROUP,
    /** It goes when its entries were moved into their stream. */
    WHO_MOVES_IT,
    /** It expires. */
    TIME,
    /** It goes with its last group: what is published adds to it as long as it is there. */
    WHO_WANTS_THEM,
    /** It needs none: a stream in its own right, or what waits for a stream that has no entry. */
    NONE
  }

  private static final Set<KeyKind> SIDE_STREAMS =
      EnumSet.of(DEAD, BACKUP, RETRY, PARKED, RPC, EVENTS);

  private static final Set<KeyKind> NAMED =
      EnumSet.of(DEAD, TURN, RETRY_TURN, ID, LINE, SENT, EFFECT, CALL);

  private static final Map<String, KeyKind> BY_WORD =
      Arrays.stream(values()).collect(Collectors.toMap(KeyKind::word, Function.identity()));

  private final Owner owner;
  private final String type;
  private final boolean messages;
  private final String words;

  KeyKind(Owner owner, String type, boolean messages, String words) {
    this.owner = owner;
    this.type = type;
    this.messages = messages;
    this.words = words;
  }

  /** The kind that this word in a key means; empty: none that Millrace knows. */
  public static Optional<KeyKind> of(String word) {
    return Optional.ofNullable(BY_WORD.get(word));
  }

  /** How it is written in a key. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether a stream that owns keys beside it may have this word in its name. */
  public boolean sideStream() {
    return SIDE_STREAMS.contains(this);
  }

  /** Whether its keys name a group, a producer or the like, and not only a stream. */
  public boolean namesSomething() {
    return owner == Owner.GROUP || NAMED.contains(this);
  }

  /** Whether Millrace writes keys of this kind with this behind the word; empty: nothing is. */
  public boolean takes(String rest) {
    if (namesSomething()) {
      return !rest.isEmpty();
    }
    if (SIDE_STREAMS.contains(this) || rest.isEmpty()) {
      return true;
    }
    // Only a side stream has its name there.
    return of(rest.split("/", 2)[0]).filter(KeyKind::sideStream).isPresent();
  }

  /** What ends it. */
  public Owner owner() {
    return owner;
  }

  /** As Redis calls it. */
  public String type() {
    return type;
  }

  /** Whether messages are in it. */
  public boolean messages() {
    return messages;
  }

  /** What it is, to a reader. */
  public String words() {
    return words;
  }
}
