/**
 * What a backend implements. Small, asynchronous at the edge, and free of any backend's own words:
 * no key, connection or command shows here. What a backend can promise it declares as data in
 * {@link dev.millrace.broker.api.spi.BackendFeatures}; what it cannot is refused at start-up by
 * whoever needs it.
 *
 * <p>Errors end a stage with a {@link dev.millrace.broker.api.BrokerException}. Callbacks of a
 * {@link dev.millrace.broker.api.spi.Sink} come on the backend's threads and must not block.
 */
package dev.millrace.broker.api.spi;
