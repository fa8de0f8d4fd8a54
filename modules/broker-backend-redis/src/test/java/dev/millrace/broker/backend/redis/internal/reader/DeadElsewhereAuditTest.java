package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.backend.redis.Backends;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class DeadElsewhereAuditTest extends ReaderTest {
  private static final Entry LETTER = Entry.of("id-1", Fields.of("a", "b"));

  private final RecordingSink sink = new RecordingSink();

  @Test
  void deadLettersInAStreamOfAnotherNameAddUpAlsoWhenTheyAreGivenBack() {
    Backend backend = Backends.open(server.url());
    open.add(backend);
    Audit audit = backend.facet(Audit.class).orElseThrow();
    Backends.declare(backend, "s", GROUP);
    get(audit.begin("s"));
    add("s", 2);
    GroupReader reader = open("s", sink);
    reader.request(2);
    await().until(() -> sink.size() == 2);
    for (var one : sink.received) {
      var move = new Settlement.MoveTo(one, "letters", LETTER);
      assertEquals(List.of(Settled.DONE), get(reader.settle(List.of(move))));
    }
    AuditSum moved = get(audit.take("s")).getFirst();
    assertEquals(2, moved.dead(), moved::toString);
    assertEquals(OptionalLong.of(0), moved.missing(), moved::toString);
    String first =
        redis.xrange("letters", io.lettuce.core.Range.<String>unbounded()).getFirst().getId();
    var back = new Mover.GivenBack(new Position(first), LETTER, 1);
    assertEquals(
        List.of(true),
        get(backend.facet(Mover.class).orElseThrow().giveBack("letters", ref("s"), List.of(back))));
    AuditSum returned = get(audit.take("s")).getFirst();
    assertEquals(List.of(1L, 1L), List.of(returned.dead(), returned.parked()), returned::toString);
    assertEquals(OptionalLong.of(0), returned.missing(), returned::toString);
  }
}
