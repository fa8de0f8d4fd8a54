/**
 * Reads, settles and recovers: the group readers on Redis.
 *
 * <p>Who is who: a {@code Member} is one open reader. Members of one stream, group and consumer
 * name share a {@code MainLane}, which does the reading. Lanes of one group and consumer name (and
 * slot, on a cluster) share a {@code Hub}, whose {@code WaitLine}s are the blocking connections.
 * What all lanes of a stream and group share in this process, whatever their names, is a {@code
 * Group}: the acknowledgements gathered, and who has to look for handed back entries.
 *
 * <p>What was parked comes back through a stream of its own. A {@code RetryLane} reads it for the
 * members of a main lane, once {@code Parking} has found that it exists. Both share the credit
 * ({@code Crew}) and the group's epoch ({@code Fence}). The retry lane never waits: the main lane's
 * waits include its stream, and it reads when it is told that there is something.
 *
 * <p>A lane is in one of these states:
 *
 * <pre>
 * IDLE     nothing under way: no credit, or nobody reads
 * ENSURING the group is being made (first use), or made again after it vanished
 * READING  XREADGROUP without BLOCK under way on the shared connection; two while batches come whole
 * WAITING  in the hub's queue for a waiting call, or inside one
 * PAUSED   the next read comes by timer: polling, or backoff after a failure
 * CLOSED   no member is left
 *
 * IDLE → ENSURING       credit came, and the group has not been seen yet
 * IDLE → READING        credit came, or a waiting call brought something
 * READING → IDLE → READING   the read brought as many as it asked for, and there is credit
 * READING → WAITING     it brought fewer, and a waiting connection is free; or nothing for 100 ms
 * READING → PAUSED      it brought fewer, and all waiting connections are taken; or it failed
 * READING → ENSURING    NOGROUP
 * WAITING → IDLE        the waiting call returned: with entries, or because something changed
 * PAUSED → IDLE         time is up, or the connection came back
 * </pre>
 *
 * <p>A waiting line is OPENING, FREE, CALLING (one XREADGROUP BLOCK over up to 64 lanes), BROKEN
 * (opened again after a backoff) or CLOSED. A lane that has to come out of a call under way (a new
 * lane wants in, a member stops, a recovered entry needs the credit) interrupts it: CLIENT UNBLOCK,
 * repeated until the call has returned, for one that arrives before the call does is lost. Any
 * other error of a call over many lanes says nothing about the single lane: all of them read once
 * by themselves, so that the one at fault finds out.
 *
 * <p>Credit is reserved before anything that may bring entries is sent, and given back when it
 * brought fewer; so no reply can exceed the credit, unless a member stopped meanwhile. Such a
 * surplus is handed back.
 *
 * <p>{@code Turns} decides when a lane looks after its group (one process at a time does), {@code
 * ClockGuard} compares the clocks whenever it asks, and {@code Recovery} scans only right after.
 * {@code Parking} looks for what others parked while its lane has the turn.
 *
 * <p>Whenever a reader joins a lane that others have, the lane gives up what has had no answer for
 * too long ({@code Lane.startOver}): the reader may be there because another one is silent. Each
 * command under way ({@code UnderWay}) knows what giving it up means; whoever gets its answer asks
 * first whether it is still awaited. Entries in an answer that is not are given out all the same.
 *
 * <p>Each hub has one lock, which guards the hub, its lines, its lanes and their members' state.
 * Nothing is sent and no sink is called under it: what is to be done is queued and done after the
 * unlock ({@code Hub.locked}). The paths of single messages ({@code request} while a read is under
 * way, gathering an acknowledgement) take no lock.
 */
package dev.millrace.broker.backend.redis.internal.reader;
