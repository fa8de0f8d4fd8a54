/** Millrace's periodic work on Micronaut's task scheduler. */
package dev.millrace.broker.scheduling.micronaut;
