package dev.millrace.broker.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"orders", "orders:eu", "a b", "задачи", "x/y.z-1_2"})
  void ordinaryNamesAreGood(String name) {
    assertEquals(Optional.empty(), Names.streamFault(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " a", "a ", "a\nb", "a\u0000", "{a}", "a{b}c", "{a}:mine"})
  void badNamesHaveAFaultThatShowsThem(String name) {
    assertTrue(Names.streamFault(name).isPresent());
  }

  @Test
  void sideStreamsAreKnownByTheirNames() {
    assertTrue(Names.isDeadLetter(Names.deadLetter("orders", "billing")));
    assertTrue(Names.isDeadLetter(Names.deadLetter("{orders}:retry:a", "b")));
    assertTrue(Names.isBackup(Names.backup("orders")));
    assertTrue(Names.isBackup(Names.backup("{orders}:dead:billing")));
    assertFalse(Names.isBackup(Names.deadLetter("orders", "backup")));
    assertFalse(Names.isDeadLetter("orders:dead:billing"));
    assertFalse(Names.isBackup("{orders}:backups"));
  }

  @Test
  void aNameOf257BytesIsTooLong() {
    assertTrue(Names.streamFault("é".repeat(129)).orElseThrow().contains("258 bytes"));
  }

  @Test
  void deadLetterStreamsMayBeNamed() {
    assertEquals("{orders}:dead:billing", Names.deadLetter("orders", "billing"));
    assertEquals(Optional.empty(), Names.streamFault("{orders}:dead:billing"));
  }

  @Test
  void deadLettersOfDeadLettersStayInTheSlot() {
    assertEquals(
        "{orders}:dead:dead/billing/redrive", Names.deadLetter("{orders}:dead:billing", "redrive"));
  }

  @Test
  void controlCharactersAreEscapedForLogs() {
    assertEquals("a\\u000ab", Names.printable("a\nb"));
    assertFalse(Names.printable("x".repeat(500)).length() > 81);
  }
}
