/**
 * What fault tests are made of: child JVMs that can be killed and stalled, a proxy that breaks
 * links and answers with errors, a seeded order of faults, and the check that a fault had an
 * effect.
 */
package dev.millrace.broker.testkit.fault;
