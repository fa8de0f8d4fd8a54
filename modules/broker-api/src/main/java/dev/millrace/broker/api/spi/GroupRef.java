package dev.millrace.broker.api.spi;

/**
 * A group of a stream.
 *
 * @param stream the stream
 * @param group the group
 */
public record GroupRef(String stream, String group) {}
