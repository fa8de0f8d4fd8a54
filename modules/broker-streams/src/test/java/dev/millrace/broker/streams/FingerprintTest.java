package dev.millrace.broker.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class FingerprintTest {
  private static String thrown(String message, String... frames) {
    var stack = new StringBuilder("java.lang.IllegalStateException: " + message + "\n");
    for (String frame : frames) {
      stack.append("\tat ").append(frame).append('\n');
    }
    return Fingerprint.of(
        "failed 3 times, last: " + message,
        Optional.of("java.lang.IllegalStateException"),
        Optional.of(stack.toString()));
  }

  @Test
  void messageLineAndLambdaNumbersDoNotCount() {
    assertEquals(
        thrown("order 7", "shop.Book.book(Book.java:12)", "shop.Main$$Lambda/0x00a1.run(Unknown)"),
        thrown("order 8", "shop.Book.book(Book.java:99)", "shop.Main$$Lambda/0x77ff.run(Unknown)"));
  }

  @Test
  void placeCounts() {
    assertNotEquals(
        thrown("x", "shop.Book.book(Book.java:12)"), thrown("x", "shop.Pay.pay(Pay.java:12)"));
  }

  @Test
  void framesFarFromThePlaceDoNotCount() {
    assertEquals(
        thrown("x", "a.A.a(A)", "b.B.b(B)", "c.C.c(C)", "d.D.d(D)", "e.E.e(E)", "f.F.f(F)"),
        thrown("x", "a.A.a(A)", "b.B.b(B)", "c.C.c(C)", "d.D.d(D)", "e.E.e(E)", "g.G.g(G)"));
  }

  @Test
  void withoutAnErrorTheReasonCountsButForItsNumbers() {
    String one = Fingerprint.of("no customer 17", Optional.empty(), Optional.empty());
    assertEquals(one, Fingerprint.of("no customer 4", Optional.empty(), Optional.empty()));
    assertNotEquals(one, Fingerprint.of("no address 17", Optional.empty(), Optional.empty()));
    assertTrue(one.matches("[0-9a-f]{12}"), one);
  }
}
