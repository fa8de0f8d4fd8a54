package dev.millrace.broker.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.History.Recorded;
import dev.millrace.broker.api.spi.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LetterPagesTest {
  private final List<Integer> asked = new ArrayList<>();

  private LetterPages of(int bytes) {
    var entry = Entry.of("id", Fields.of("n", "x".repeat(bytes)));
    return new LetterPages(
        (after, max) -> {
          asked.add(max);
          var page = new ArrayList<Recorded>();
          for (int i = 0; i < max; i++) {
            page.add(new Recorded(new Position(asked.size() + "-" + i), entry));
          }
          return page;
        },
        Optional.empty());
  }

  @Test
  void largeLettersAreReadAFewAtATime() {
    LetterPages pages = of(1 << 20);
    pages.next(1_000);
    pages.next(1_000);
    assertEquals(List.of(10, 3), asked);
  }

  @Test
  void smallLettersAreReadAHundredAtATime() {
    LetterPages pages = of(10);
    pages.next(1_000);
    pages.next(1_000);
    pages.next(7);
    assertEquals(List.of(10, 100, 7), asked);
  }
}
