/** Live events. */
package dev.millrace.broker.pubsub;
