package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.ReplyInbox;
import dev.millrace.broker.api.spi.ReplyInbox.Inbox;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Inboxes for replies. */
public abstract class ReplyContract extends BackendContract {
  /** For subclasses. */
  protected ReplyContract() {}

  @BeforeEach
  void needsInboxes() {
    assumeOffered(Feature.REPLY_INBOX, ReplyInbox.class);
  }

  private Inbox inbox(RecordingEvents events) {
    return Stages.await(facet(ReplyInbox.class).open(events));
  }

  private static void reply(Backend from, String address, Entry reply) {
    Stages.await(from.facet(ReplyInbox.class).orElseThrow().reply(address, reply));
  }

  @Test
  void replyReachesTheInboxOfItsAddress() {
    var mine = new RecordingEvents();
    var others = new RecordingEvents();
    Inbox inbox = inbox(mine);
    assertNotEquals(inbox.address(), inbox(others).address());
    reply(openAnother(), inbox.address(), entry("e1"));
    assertEquals(List.of(entry("e1")), mine.await(1));
    assertEquals(List.of(), others.entries);
  }

  @Test
  void manyRepliesArriveInOrder() {
    var events = new RecordingEvents();
    Inbox inbox = inbox(events);
    entries(100).forEach(each -> reply(backend, inbox.address(), each));
    events.await(100);
    assertEquals(ids(1, 100), events.ids());
  }

  @Test
  void replyToAClosedInboxIsDropped() {
    var closed = new RecordingEvents();
    Inbox inbox = inbox(closed);
    inbox.close();
    inbox.close();
    reply(backend, inbox.address(), entry("late"));
    var open = new RecordingEvents();
    Inbox second = inbox(open);
    reply(backend, second.address(), entry("e1"));
    open.await(1);
    assertEquals(List.of(), closed.entries);
  }
}
