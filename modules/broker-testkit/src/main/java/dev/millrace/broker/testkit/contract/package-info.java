/**
 * The contract of the backend SPI as tests, a class for each subject. A backend's own test nests
 * them; see {@link dev.millrace.broker.testkit.FixtureExtension}. A test of a feature that is not
 * declared asserts that the feature is absent, and that asking for it is refused.
 */
package dev.millrace.broker.testkit.contract;
