/**
 * The journal of backup producers: records of one process on the local disk. Segment files of
 * framed records; one thread writes them, many read. Not exported by the module.
 */
package dev.millrace.broker.streams.journal;
