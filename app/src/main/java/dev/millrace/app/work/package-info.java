/** Running a command for a message. */
package dev.millrace.app.work;
