/** Request and reply: clients that ask, servers that answer. */
package dev.millrace.broker.rpc;
