package dev.millrace.broker.manager;

import dev.millrace.broker.api.ConsumerConfig;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.RetryPolicy;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.SubscriptionConfig;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.TreeSet;

/** Refuses, before anything is made, a component that needs what the backend does not have. */
final class Requirements {
  private final Backend backend;

  Requirements(Backend backend) {
    this.backend = backend;
  }

  void check(String name, ConsumerConfig consumer) {
    check(name, consumer.retry());
    consumer.retry().rules().values().forEach(rule -> check(name, rule));
    if (consumer.workQueue()) {
      need(name, "a work queue", Feature.WORK_QUEUE);
    }
    need(name, "a dead-letter stream", Feature.MOVE);
    if (consumer.start() instanceof StartPosition.At
        || consumer.start() instanceof StartPosition.After) {
      need(name, "a start position within the stream", Feature.HISTORY);
    }
  }

  private void check(String name, RetryPolicy retry) {
    if (retry.maxAttempts() > 1) {
      need(name, "a retry policy with more than one attempt", Feature.RELEASE);
      need(name, "a retry policy with more than one attempt", Feature.DELIVERY_COUNT);
      if (retry.maxDelay().compareTo(Duration.ZERO) > 0) {
        need(name, "a retry policy with delays", Feature.DELAYED_RELEASE);
      }
    }
  }

  void check(String name, StreamConfig stream) {
    Durability asked = stream.sending().durability();
    var features = backend.features();
    if (!features.offers(asked)) {
      var offered = new TreeSet<>(features.durability());
      throw new UnsupportedByBackendException(
          "create producer",
          name,
          "a durability (this backend offers " + offered + ")",
          BackendFeatures.levelOf(asked).name(),
          backend.name());
    }
  }

  void checkBackup(String name, StreamConfig stream) {
    need("create producer", name, "a backup stream", Feature.BACKUP);
    check(name, stream);
    var faults = new ArrayList<String>();
    if (stream.history()) {
      faults.add(
          "the stream is history: nobody reads it, so that it is never full; use a simple producer");
    }
    if (stream.overflow() instanceof Overflow.Drop) {
      faults.add(
          "its overflow policy drops what is unread, and a backup keeps it; choose one of them");
    }
    if (!faults.isEmpty()) {
      throw new InvalidConfigException("create producer", name, faults);
    }
  }

  void check(String name, SubscriptionConfig subscription) {
    if (!subscription.channel().exact()) {
      need(
          "create subscription",
          name,
          "hearing the pattern '" + subscription.channel().text() + "'",
          Feature.EVENT_PATTERNS);
    }
    if (subscription.durable().isPresent()) {
      checkKeptEvents("create subscription", name);
    }
  }

  void checkKeptEvents(String operation, String name) {
    need(operation, name, "keeping events", Feature.KEPT_EVENTS);
  }

  void checkDurableNames(String operation) {
    String all = "all channels";
    checkKeptEvents(operation, all);
    checkRetention(operation, all);
    need(operation, all, "finding what is kept", Feature.HOUSEKEEPING);
  }

  void checkRequests(String operation, String name) {
    need(operation, name, "requests", Feature.REQUESTS);
    need(operation, name, "an inbox for replies", Feature.REPLY_INBOX);
    need(operation, name, "handlers that take long", Feature.LEASES);
  }

  void checkAudit(String stream) {
    need("audit", stream, "an audit", Feature.AUDIT);
  }

  void checkReplay(String stream) {
    need("replay", stream, "reading without a group", Feature.HISTORY);
  }

  void checkRetention(String operation, String stream) {
    need(operation, stream, "retention", Feature.TRIMMING);
  }

  void checkExplaining(String stream) {
    String operation = "explain retention";
    checkRetention(operation, stream);
    need(operation, stream, "finding entries by their age", Feature.HISTORY);
  }

  void checkHousekeeping() {
    need("look for leftovers", "all streams", "finding what nothing owns", Feature.HOUSEKEEPING);
  }

  void checkRisks() {
    need("look for risks", backend.name(), "telling of its settings", Feature.HOUSEKEEPING);
  }

  void checkDeadLetters(String stream) {
    need("open dead letters", stream, "listing dead letters", Feature.HISTORY);
    need("open dead letters", stream, "redriving dead letters", Feature.MOVER);
  }

  private void need(String name, String what, Feature feature) {
    need("create consumer", name, what, feature);
  }

  private void need(String operation, String name, String what, Feature feature) {
    if (!backend.features().has(feature)) {
      throw new UnsupportedByBackendException(
          operation, name, what, feature.name(), backend.name());
    }
  }
}
