/** The registry and the facade. */
package dev.millrace.broker.manager;
