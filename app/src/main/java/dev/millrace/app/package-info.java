/** The command line program. */
package dev.millrace.app;
