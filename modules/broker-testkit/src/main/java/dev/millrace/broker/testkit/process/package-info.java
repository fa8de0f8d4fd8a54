/** What servers and programs under test have in common as child processes. */
package dev.millrace.broker.testkit.process;
