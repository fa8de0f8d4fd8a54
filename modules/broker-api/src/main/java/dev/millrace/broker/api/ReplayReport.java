package dev.millrace.broker.api;

import java.util.Optional;

/**
 * How far a replay came.
 *
 * @param handled how many messages the handler returned from
 * @param last the position of the last of them, to go on behind with {@link StartPosition#after};
 *     empty: there was none
 */
public record ReplayReport(long handled, Optional<String> last) {}
