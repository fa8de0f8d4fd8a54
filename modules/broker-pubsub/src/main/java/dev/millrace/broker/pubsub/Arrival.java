package dev.millrace.broker.pubsub;

import dev.millrace.broker.api.spi.Entry;

/** An event that has come. Each is itself alone: no two are equal. */
final class Arrival {
  final String channel;
  final Entry entry;

  Arrival(String channel, Entry entry) {
    this.channel = channel;
    this.entry = entry;
  }
}
