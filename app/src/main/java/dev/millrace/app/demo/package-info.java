/** The demo: orders from real input through named producers and consumers, and a checked sum. */
package dev.millrace.app.demo;
