/** Short programs. */
package dev.millrace.broker.examples;
