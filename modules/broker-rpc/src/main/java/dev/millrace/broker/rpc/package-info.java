/** Request and reply. */
package dev.millrace.broker.rpc;
