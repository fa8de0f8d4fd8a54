package dev.millrace.broker.manager.metrics;

/** A manager whose metrics JMX shows: {@code dev.millrace:app=…,broker=…,type=broker}. */
public interface BrokerMXBean {
  /** The name of its instance, unique over all processes. */
  String getInstance();
}
