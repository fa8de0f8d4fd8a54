/**
 * What backends and fault tests are tested with: the fixture of the contract suite, a decorator
 * that takes promises away from a backend, and the checker of what went in against what came out.
 */
package dev.millrace.broker.testkit;
