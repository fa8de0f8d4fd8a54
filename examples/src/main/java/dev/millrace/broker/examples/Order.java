package dev.millrace.broker.examples;

/**
 * An order, as it travels.
 *
 * @param id names it
 * @param quantity how many are ordered
 */
public record Order(String id, int quantity) {}
