package dev.millrace.app.demo;

import java.time.Duration;

/**
 * What a run does.
 *
 * @param url the backend
 * @param input where orders come from
 * @param count how many; zero: those in the input
 * @param group the consumer group
 * @param prefix begins the names of the two streams
 * @param concurrency how many messages each consumer handles at once
 * @param work how long handling an order takes
 * @param patience how long nothing may move before the run gives up waiting
 */
record DemoSettings(
    String url,
    OrderInput input,
    long count,
    String group,
    String prefix,
    int concurrency,
    Duration work,
    Duration patience) {}
