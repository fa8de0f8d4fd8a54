package dev.millrace.app.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class OrderReaderTest {
  private static final String HEADER = "id,customer,sku,quantity,cents,currency,country,time\n";
  private static final String ROW = ",C-1,MUG,1,990,EUR,DE,2026-03-01T09:30:00Z\n";

  private final List<String> bad = new ArrayList<>();

  private List<Order> read(String name, String text, long most, boolean repeatable)
      throws IOException {
    var input =
        new OrderInput(name, () -> new ByteArrayInputStream(text.getBytes(UTF_8)), repeatable);
    var orders = new ArrayList<Order>();
    try (var reader = new OrderReader(input, most, (line, why) -> bad.add(line + ": " + why))) {
      for (Order order = reader.next(); order != null; order = reader.next()) {
        orders.add(order);
      }
    }
    return orders;
  }

  private static List<String> ids(List<Order> orders) {
    return orders.stream().map(Order::id).toList();
  }

  @Test
  void readsTheThousandOrdersThatShip() throws IOException {
    var orders = new ArrayList<Order>();
    try (var reader = new OrderReader(OrderInput.shipped(), 0, (line, why) -> bad.add(why))) {
      for (Order order = reader.next(); order != null; order = reader.next()) {
        orders.add(order);
      }
    }
    assertEquals(List.of(), bad);
    assertEquals(1000, new HashSet<>(ids(orders)).size());
  }

  @Test
  void readsJsonLinesByTheirContent() throws IOException {
    String line =
        "{\"id\":\"a\",\"customer\":\"C\",\"sku\":\"S\",\"quantity\":2,\"cents\":5,"
            + "\"currency\":\"EUR\",\"country\":\"DE\",\"time\":\"2026-03-01T09:30:00Z\"}\n";
    var orders = read("standard input", line + "\n" + line.replace("2,", "2.5,"), 0, false);
    assertEquals(List.of("a"), ids(orders));
    assertEquals(List.of("3: quantity '2.5' is not a whole number"), bad);
  }

  @Test
  void readsQuotesMarksAndWindowsLineEnds() throws IOException {
    String text =
        "\uFEFFtime,id,customer,sku,quantity,cents,currency,country\r\n"
            + "2026-03-01T09:30:00Z,\"o,1\",\"A \"\"B\"\"\",S,1,5,EUR,DE\r\n";
    var orders = read("x.csv", text, 0, true);
    assertEquals(List.of(), bad);
    assertEquals("o,1", orders.get(0).id());
    assertEquals("A \"B\"", orders.get(0).customer());
  }

  @Test
  void reportsEachBadLineWithItsNumberAndAllItsFaults() throws IOException {
    String text =
        HEADER
            + "o1"
            + ROW
            + "short,line\n"
            + ",C-1,MUG,0,x,Euro,DE,yesterday\n"
            + "\"open,C-1\n"
            + "o2"
            + ROW;
    assertEquals(List.of("o1", "o2"), ids(read("x.csv", text, 0, true)));
    assertEquals(
        List.of(
            "3: 2 values, the header names 8 columns",
            "4: id is missing; quantity 0 is not between 1 and 1000000; cents 'x' is not a whole"
                + " number; currency 'Euro' is not three capital letters such as EUR; time"
                + " 'yesterday' is not a time such as 2026-03-01T09:30:00Z",
            "5: a quote is not closed"),
        bad);
  }

  @Test
  void cutsALineThatNeverEnds() throws IOException {
    read("x.csv", HEADER + "x".repeat(1_000_000) + "\n", 0, true);
    assertEquals(List.of("2: longer than 65536 characters"), bad);
  }

  @Test
  void beginsAgainWithNewIdsUntilThereAreEnough() throws IOException {
    var orders = read("x.csv", HEADER + "a" + ROW + "oops\n" + "b" + ROW, 5, true);
    assertEquals(List.of("a", "b", "a-2", "b-2", "a-3"), ids(orders));
    assertEquals(1, bad.size());
  }

  @Test
  void endsWithAnInputThatCannotBeReadAgain() throws IOException {
    assertEquals(1, read("standard input", HEADER + "a" + ROW, 5, false).size());
  }

  @Test
  void saysWhatTheHeaderMustNameWhenThereIsNone() throws IOException {
    assertEquals(List.of(), read("x.csv", "a" + ROW, 0, true));
    assertTrue(
        bad.get(0).startsWith("1: the first line must name the columns id,customer"), bad.get(0));
  }
}
