/** The contract suite and test servers. */
package dev.millrace.broker.testkit;
