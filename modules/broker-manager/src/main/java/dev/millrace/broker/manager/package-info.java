/**
 * The registry of components and the facade over it. Not exported: both are used through the api.
 */
package dev.millrace.broker.manager;
