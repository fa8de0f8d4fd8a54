/** Measurements in a Dropwizard registry. */
package dev.millrace.broker.manager.metrics;
