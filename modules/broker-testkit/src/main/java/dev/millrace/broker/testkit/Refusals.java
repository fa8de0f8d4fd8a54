package dev.millrace.broker.testkit;

import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;

/** What a limited backend lacks, and how it says so. */
record Refusals(Backend backend) {
  boolean has(Feature feature) {
    return backend.features().has(feature);
  }

  boolean offers(Durability durability) {
    return backend.features().offers(durability);
  }

  UnsupportedByBackendException refusal(
      String operation, String component, String what, Enum<?> feature) {
    return new UnsupportedByBackendException(
        operation, component, what, feature.name(), backend.name());
  }
}
