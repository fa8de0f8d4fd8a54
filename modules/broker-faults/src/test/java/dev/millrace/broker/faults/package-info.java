/**
 * Fault tests: real servers, real processes, real signals. Each states its fault, its healing and
 * what must hold; docs/guarantees.md lists them beside the promises.
 */
package dev.millrace.broker.faults;
