/** The millrace program: its commands and what they share. */
package dev.millrace.app;
