/** What an application's own Dagger component installs. */
package dev.millrace.broker.manager.dagger;
