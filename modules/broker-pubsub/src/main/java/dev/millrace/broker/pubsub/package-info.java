/** Live events: subscriptions with bounded buffers, and publishing. */
package dev.millrace.broker.pubsub;
