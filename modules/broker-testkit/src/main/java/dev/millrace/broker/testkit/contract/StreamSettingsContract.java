package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.api.spi.Trimming;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Settings that are kept with a stream, so that all who use it agree. */
public abstract class StreamSettingsContract extends BackendContract {
  /** For subclasses. */
  protected StreamSettingsContract() {}

  @BeforeEach
  void needsTrimming() {
    assumeOffered(Feature.TRIMMING, Trimming.class);
  }

  private void store(Map<String, String> settings) {
    Stages.await(facet(Trimming.class).store(stream, settings));
  }

  @Test
  void nothingIsToldWhereNothingWasStored() {
    append(entry("e1"));
    assertEquals(Map.of(), describe().settings());
  }

  @Test
  void whatIsStoredIsToldToAll() {
    append(entry("e1"));
    store(Map.of("maxLength", "5000", "maxAge", "PT1H"));
    Backend another = openAnother();
    StreamState told = Stages.await(another.log().describe(stream));
    assertEquals(Map.of("maxLength", "5000", "maxAge", "PT1H"), told.settings());
    assertEquals(1, told.length());
  }

  @Test
  void whatIsStoredNextTakesItsPlace() {
    append(entry("e1"));
    store(Map.of("maxLength", "5000", "maxAge", "PT1H"));
    store(Map.of("priority", "LOW"));
    assertEquals(Map.of("priority", "LOW"), describe().settings());
  }

  @Test
  void nothingStoredTakesAllAway() {
    append(entry("e1"));
    store(Map.of("maxLength", "5000"));
    store(Map.of());
    assertEquals(Map.of(), describe().settings());
  }

  @Test
  void settingsGoWithTheStream() {
    append(entry("e1"));
    store(Map.of("maxLength", "5000"));
    Stages.await(backend.log().delete(stream));
    assertEquals(Map.of(), describe().settings());
    append(entry("e2"));
    assertEquals(Map.of(), describe().settings());
  }

  @Test
  void settingsMayComeBeforeTheStream() {
    store(Map.of("maxLength", "5000"));
    assertFalse(describe().exists());
    assertEquals(Map.of("maxLength", "5000"), describe().settings());
    append(entry("e1"));
    assertEquals(Map.of("maxLength", "5000"), describe().settings());
  }
}
