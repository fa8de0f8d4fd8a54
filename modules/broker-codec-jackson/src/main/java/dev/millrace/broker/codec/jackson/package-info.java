/** JSON payloads. */
package dev.millrace.broker.codec.jackson;
