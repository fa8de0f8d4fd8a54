package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.EntryWire;
import dev.millrace.broker.backend.redis.internal.log.EventWire;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import dev.millrace.broker.backend.redis.internal.log.StreamIds;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What can be done with deliveries that this process holds: scripts that compare owner and delivery
 * count before they change anything. Safe to call with any receipt, however late: a stale one
 * changes nothing.
 *
 * <p>Verdicts come in the order of the receipts, all of one lane, at most {@link Checked#BATCH}: 1
 * done, 0 stale, -1 the entry was deleted while it was pending.
 */
final class Held {
  /** A verdict on an answer: done, and an inbox could not be told. */
  static final long NOT_TOLD = 2;

  /** Longer than any lease (a day at most), so that every member's next scan takes it. */
  private static final long HANDED_BACK_MILLIS = 25L * 60 * 60 * 1000;

  private final RedisConnections connections;
  private final Script ack = Scripts.load("reader-ack");
  private final Script finish = Scripts.load("reader-finish");
  private final Script renew = Scripts.load("reader-renew");
  private final Script note = Scripts.load("reader-note");
  private final Script handBack = Scripts.load("reader-handback");
  private final Script move = Scripts.load("reader-move");
  private final Script answer = Scripts.load("rpc-answer");
  private final Script park = Scripts.load("reader-park");
  private final Script join = Scripts.load("audit-join");

  Held(RedisConnections connections) {
    this.connections = connections;
  }

  /** A delivery and the note that is to be left with it. */
  record Noted(Receipt receipt, String note) {}

  /** A delivery that is to come again later; without a note it keeps the one it has. */
  record Parked(Receipt receipt, long waitMillis, Optional<String> note) {}

  CompletionStage<List<Long>> ack(Lane lane, List<Receipt> receipts) {
    var args = Arguments.of(lane);
    for (Receipt receipt : receipts) {
      args.add(receipt.id).add(receipt.count).add(receipt.deletes()).add(receipt.skipped);
    }
    return run(
        ack,
        ScriptOutputType.MULTI,
        args,
        lane.stream(),
        lane.keys().notes(),
        lane.keys().audit(),
        lane.keys().retry());
  }

  /**
   * What acknowledging did.
   *
   * @param counted whether an audit is on
   */
  record Finished(boolean counted, List<Long> verdicts) {}

  /** Acknowledges and counts, and deletes if asked, without looking whose they are. */
  CompletionStage<Finished> finish(Lane lane, List<Receipt> receipts, boolean delete) {
    var args = new Arguments().add(lane.groupBytes()).add(delete);
    receipts.forEach(receipt -> args.add(receipt.id).add(receipt.skipped));
    CompletionStage<List<Long>> reply =
        run(
            finish,
            ScriptOutputType.MULTI,
            args,
            lane.stream(),
            lane.keys().audit(),
            lane.keys().retry());
    return reply.thenApply(row -> new Finished(row.get(0) == 1, row.subList(1, row.size())));
  }

  /** Tells an audit, if one is on, that readers of these names count what they acknowledge. */
  CompletionStage<Long> join(String audit, Collection<byte[]> consumers) {
    var args = new Arguments();
    consumers.forEach(args::add);
    return run(join, ScriptOutputType.INTEGER, args, audit);
  }

  CompletionStage<List<Long>> renew(Lane lane, List<Receipt> receipts) {
    return verdicts(renew, lane, counted(Arguments.of(lane), receipts));
  }

  CompletionStage<List<Long>> note(Lane lane, List<Noted> notes) {
    var args = Arguments.of(lane);
    for (Noted noted : notes) {
      args.add(noted.receipt().id).add(noted.receipt().count).add(noted.note());
    }
    return verdicts(note, lane, args);
  }

  /** Those that never reached the application do not count as delivered. */
  CompletionStage<List<Long>> handBack(Lane lane, List<Receipt> receipts, boolean delivered) {
    var args = Arguments.of(lane).add(!delivered).add(Keys.NOBODY).add(HANDED_BACK_MILLIS);
    return verdicts(handBack, lane, counted(args, receipts));
  }

  CompletionStage<List<Long>> park(Lane lane, List<Parked> parked) {
    var args = Arguments.of(lane);
    for (Parked one : parked) {
      Receipt receipt = one.receipt();
      args.add(receipt.id).add(receipt.count).add(receipt.deletes());
      args.add(one.waitMillis()).add(one.note().isPresent()).add(one.note().orElse(""));
    }
    return run(
        park,
        ScriptOutputType.MULTI,
        args,
        lane.stream(),
        lane.keys().notes(),
        lane.keys().parked(),
        lane.keys().parkedEntries(),
        lane.keys().audit(),
        lane.keys().retry());
  }

  /** Whether it was moved; false: it is stale. Fails where the server refuses the XADD. */
  CompletionStage<Boolean> move(Receipt receipt, String target, Entry entry) {
    Lane lane = receipt.lane;
    var args = Arguments.of(lane).add(receipt.id).add(receipt.count).add(receipt.deletes());
    EntryWire.write(entry).forEach((name, value) -> args.add(name).add(value));
    CompletionStage<byte[]> reply =
        run(
            move,
            ScriptOutputType.VALUE,
            args,
            lane.stream(),
            lane.keys().notes(),
            target,
            lane.keys().audit(),
            lane.keys().retry(),
            lane.keys().dead());
    return reply.thenApply(id -> id.length > 0);
  }

  /** What ends a request: a reply, and for how long it is kept. */
  static final class Answered {
    final Receipt receipt;
    final String id;
    final byte[] reply;
    final long keptMillis;

    Answered(Receipt receipt, Settlement.Answer answer) {
      this.receipt = receipt;
      this.id = answer.reply().id().orElseThrow();
      this.reply = EventWire.write(answer.reply());
      this.keptMillis = answer.kept().toMillis();
    }

    long bytes() {
      return reply.length;
    }
  }

  CompletionStage<List<Long>> answer(Lane lane, List<Answered> answers) {
    Comparator<Answered> older = Comparator.comparing(one -> one.receipt.id, StreamIds::compare);
    var args = Arguments.of(lane);
    args.add(Collections.min(answers, older).receipt.id);
    args.add(Collections.max(answers, older).receipt.id);
    args.add(answers.stream().anyMatch(one -> one.receipt.mayBeNoted()));
    var keys = new ArrayList<String>();
    keys.add(lane.stream());
    keys.add(lane.keys().notes());
    for (Answered one : answers) {
      args.add(one.receipt.id).add(one.receipt.count).add(one.keptMillis).add(one.reply);
      keys.add(Keys.call(lane.stream(), one.id));
    }
    return run(answer, ScriptOutputType.MULTI, args, keys.toArray(String[]::new));
  }

  private static Arguments counted(Arguments args, List<Receipt> receipts) {
    receipts.forEach(receipt -> args.add(receipt.id).add(receipt.count));
    return args;
  }

  private CompletionStage<List<Long>> verdicts(Script script, Lane lane, Arguments args) {
    return run(script, ScriptOutputType.MULTI, args, lane.stream(), lane.keys().notes());
  }

  private <T> CompletionStage<T> run(
      Script script, ScriptOutputType type, Arguments args, String... keys) {
    return Checked.safely(
        () -> Scripts.run(connections.shared(), script, type, keys, args.toArray()));
  }
}
