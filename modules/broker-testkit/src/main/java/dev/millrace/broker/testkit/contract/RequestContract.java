package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.ReplyInbox;
import dev.millrace.broker.api.spi.ReplyInbox.Inbox;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.api.spi.Requests.Submitted;
import dev.millrace.broker.api.spi.Requests.Terms;
import dev.millrace.broker.api.spi.Requests.Withdrawn;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests: each is started at most once, and what became of it can be learnt for a while. */
public abstract class RequestContract extends BackendContract {
  private final RecordingEvents heard = new RecordingEvents();
  private String inbox = "";

  /** For subclasses. */
  protected RequestContract() {}

  @BeforeEach
  void needsRequests() {
    assumeOffered(Feature.REQUESTS, Requests.class);
    stream = Names.requests(name("tasks"));
    group = new GroupRef(stream, "servers");
    inbox = inbox(heard);
  }

  private String inbox(RecordingEvents events) {
    Inbox opened = Stages.await(facet(ReplyInbox.class).open(events));
    return opened.address();
  }

  private Duration timeout() {
    return ticks(50);
  }

  private Duration kept() {
    return ticks(10);
  }

  private Submitted submit(Entry request) {
    return submit(backend, request, inbox);
  }

  private Submitted submit(Backend from, Entry request, String to) {
    return Stages.await(
        from.facet(Requests.class)
            .orElseThrow()
            .submit(group, request, new Terms(to, timeout(), kept())));
  }

  private Withdrawn withdraw(String id) {
    return Stages.await(facet(Requests.class).withdraw(group, id, inbox));
  }

  private Map<String, Entry> results(String... ids) {
    return Stages.await(facet(Requests.class).results(group, List.of(ids)));
  }

  private void attend(Duration kept) {
    Stages.await(facet(Requests.class).attend(group, kept));
  }

  private static Entry reply(String id) {
    return new Entry(id, "ok", null, Map.of("h", "ä=%\n"), Fields.of("n", "reply to " + id));
  }

  private Settled answer(TestReader server, Received request) {
    return server.settle(new Settlement.Answer(request, reply(TestReader.id(request)), kept()));
  }

  @Test
  void requestIsDeliveredOnceWithItsDeadlineAndItsInbox() {
    var whole =
        new Entry("r1", "TYPE", "key", Map.of("traceparent", "00-1"), Fields.of("a", "größe"));
    Instant before = now();
    assertEquals(new Submitted.Queued(false), submit(whole));
    Received received = reader(5).nth(1);
    assertEquals(1, received.delivery().orElseThrow());
    Map<String, String> headers = received.entry().headers();
    assertEquals("00-1", headers.get("traceparent"));
    assertEquals(inbox, headers.get(Requests.INBOX));
    assertEquals(Long.toString(kept().toMillis()), headers.get(Requests.KEPT));
    Instant deadline = Instant.ofEpochMilli(Long.parseLong(headers.get(Requests.DEADLINE)));
    assertFalse(deadline.isBefore(before.plus(timeout()).minusMillis(1)), deadline::toString);
    assertFalse(deadline.isAfter(now().plus(timeout())), deadline::toString);
    assertEquals(whole.fields(), received.entry().fields());
    assertEquals(whole.type(), received.entry().type());
    assertEquals(whole.key(), received.entry().key());
  }

  @Test
  void answerReachesTheInboxAndIsKeptAndTheRequestIsGone() {
    TestReader server = reader(5);
    submit(entry("r1"));
    assertEquals(Settled.DONE, answer(server, server.nth(1)));
    assertEquals(List.of(reply("r1")), heard.await(1));
    assertEquals(Map.of("r1", reply("r1")), results("r1", "r2"));
    assertNothingIn(stream);
    assertEquals(0, describeGroup().pending());
  }

  @Test
  void repeatedIdOfAnAnsweredRequestGetsTheAnswerAndIsNotDelivered() {
    TestReader server = reader(5);
    submit(entry("r1"));
    answer(server, server.nth(1));
    assertEquals(new Submitted.Answered(reply("r1")), submit(entry("r1")));
    server.staysAt(1);
  }

  @Test
  void repeatedIdOfARequestUnderWayJoinsItAndBothInboxesHear() {
    submit(entry("r1"));
    var other = new RecordingEvents();
    Backend another = openAnother();
    String second =
        Stages.await(another.facet(ReplyInbox.class).orElseThrow().open(other)).address();
    assertEquals(new Submitted.Queued(true), submit(another, entry("r1"), second));
    assertEquals(new Submitted.Queued(true), submit(entry("r1")));
    TestReader server = reader(5);
    answer(server, server.nth(1));
    assertEquals(List.of(reply("r1")), other.await(1));
    assertEquals(List.of(reply("r1")), heard.await(1));
    server.staysAt(1);
    assertEquals(1, heard.entries.size());
  }

  @Test
  void requestThatNobodyWasGivenIsWithdrawnAndNeverDelivered() {
    submit(entry("r1"));
    assertEquals(new Withdrawn.NotStarted(), withdraw("r1"));
    assertNothingIn(stream);
    TestReader server = reader(5);
    submit(entry("r2"));
    assertEquals("r2", TestReader.id(server.nth(1)));
    server.staysAt(1);
  }

  @Test
  void requestBehindOthersIsWithdrawnThoughServersRun() {
    TestReader server = reader(1);
    submit(entry("r1"));
    server.await(1);
    submit(entry("r2"));
    submit(entry("r3"));
    assertEquals(new Withdrawn.NotStarted(), withdraw("r2"));
    server.request(2);
    assertEquals("r3", TestReader.id(server.nth(2)));
    server.staysAt(2);
  }

  @Test
  void withdrawnIdMayBeSubmittedAgain() {
    submit(entry("r1"));
    withdraw("r1");
    assertEquals(new Submitted.Queued(false), submit(entry("r1")));
    assertEquals("r1", TestReader.id(reader(5).nth(1)));
  }

  @Test
  void requestThatWasDeliveredCannotBeWithdrawn() {
    TestReader server = reader(5);
    submit(entry("r1"));
    server.await(1);
    assertEquals(new Withdrawn.Started(), withdraw("r1"));
    assertEquals(Settled.DONE, answer(server, server.nth(1)));
    assertEquals(new Withdrawn.Answered(reply("r1")), withdraw("r1"));
  }

  @Test
  void requestThatAnotherInboxWaitsForIsNotWithdrawn() {
    var other = new RecordingEvents();
    submit(entry("r1"));
    submit(backend, entry("r1"), inbox(other));
    assertEquals(new Withdrawn.Joined(), withdraw("r1"));
    TestReader server = reader(5);
    answer(server, server.nth(1));
    other.await(1);
    assertEquals(List.of(), heard.entries);
  }

  @Test
  void nothingIsKnownOfAnIdThatWasNeverSubmitted() {
    assertEquals(new Withdrawn.Started(), withdraw("never"));
    assertEquals(Map.of(), results("never"));
  }

  @Test
  void onlyWhoHasTheRequestMayAnswerIt() {
    TestReader first = reader().lease(ticks(2)).open().request(1);
    submit(entry("r1"));
    Received lost = first.nth(1);
    TestReader second = reader().on(openAnother()).lease(ticks(2)).open().request(5);
    advance(ticks(4));
    Received again = second.nth(1);
    assertEquals("r1", TestReader.id(again));
    assertTrue(again.delivery().orElseThrow() > 1);
    assertEquals(Settled.STALE, answer(first, lost));
    assertEquals(Map.of(), results("r1"));
    // On a busy machine its own lease may run out too, and it is given it again.
    awaitUntil("who has it answers", () -> answer(second, newest(second)) == Settled.DONE);
    assertEquals(Settled.STALE, answer(second, newest(second)));
    heard.await(1);
    assertEquals(1, heard.entries.size());
  }

  private static Received newest(TestReader server) {
    return server.sink.received().getLast();
  }

  @Test
  void resultsAreForgottenInTime() {
    TestReader server = reader(5);
    submit(entry("r1"));
    answer(server, server.nth(1));
    advance(kept().plus(ticks(1)));
    assertEquals(Map.of(), results("r1"));
    assertEquals(new Submitted.Queued(false), submit(entry("r1")));
    assertEquals("r1", TestReader.id(server.nth(2)));
  }

  @Test
  void requestsThatNobodyServesAreForgottenInTime() {
    submitFor(ticks(2), "r1");
    submitFor(ticks(2), "r2");
    assertContains(stream, 2);
    advance(kept().plus(ticks(3)));
    submitFor(ticks(2), "r3");
    assertContains(stream, 1);
  }

  private void submitFor(Duration timeout, String id) {
    Stages.await(facet(Requests.class).submit(group, entry(id), new Terms(inbox, timeout, kept())));
  }

  @Test
  void serversThatAreThereKeepWhatTheyNeed() {
    TestReader server = reader(5);
    awaitUntil("the group is there", () -> !describe().groups().isEmpty());
    attend(ticks(1_000));
    submitFor(ticks(1), "r1");
    answer(server, server.nth(1));
    advance(kept().plus(ticks(2)));
    submitFor(ticks(50), "r2");
    assertEquals("r2", TestReader.id(server.nth(2)));
    assertEquals(List.of(), server.sink.recreations());
  }

  @Test
  void lastServerThatGoesTakesTheGroupWithIt() {
    TestReader server = reader(5);
    submit(entry("r1"));
    answer(server, server.nth(1));
    TestReader second = reader().on(openAnother()).open().request(1);
    submit(entry("r2"));
    submit(entry("r3"));
    awaitUntil("all are delivered", () -> server.sink.size() + second.sink.size() == 3);
    server.sink.received().stream().skip(1).forEach(each -> answer(server, each));
    second.sink.received().forEach(each -> answer(second, each));
    server.leave();
    attend(Duration.ZERO);
    assertFalse(describe().groups().isEmpty(), "the other server is still there");
    second.leave();
    attend(Duration.ZERO);
    assertFalse(describe().exists());
  }

  @Test
  void groupWithARequestThatWaitsStays() {
    TestReader server = reader(1);
    submit(entry("r1"));
    answer(server, server.nth(1));
    server.leave();
    submit(entry("r2"));
    attend(Duration.ZERO);
    assertContains(stream, 1);
    assertEquals("r2", TestReader.id(reader(1).nth(1)));
  }
}
