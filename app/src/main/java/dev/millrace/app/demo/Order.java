package dev.millrace.app.demo;

import java.time.Instant;

/**
 * An order.
 *
 * @param id unique in its input
 * @param customer who ordered
 * @param sku what was ordered
 * @param quantity how many, from 1
 * @param cents the price of all of them, in hundredths of the currency
 * @param currency three capital letters
 * @param country two capital letters
 * @param time when it was placed
 */
record Order(
    String id,
    String customer,
    String sku,
    int quantity,
    long cents,
    String currency,
    String country,
    Instant time) {
  Order withId(String other) {
    return new Order(other, customer, sku, quantity, cents, currency, country, time);
  }
}
