package dev.millrace.broker.backend.redis.internal.reader;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The members of a lane, and how much they can take. A lane and the lane of what was parked share
 * one, so that together they never bring more. Guarded by the hub's lock where nothing else is
 * said.
 */
final class Crew {
  private final List<Member> members = new ArrayList<>();
  private final EntrySize entrySize = new EntrySize();
  private volatile long leaseMillis = 1;
  private int reserved;
  private @Nullable Member latest;

  List<Member> members() {
    return members;
  }

  /** Whether the longest lease is longer now. */
  boolean join(Member member) {
    members.add(member);
    latest = member;
    long lease = member.spec().lease().toMillis();
    boolean longer = lease > leaseMillis;
    leaseMillis = Math.max(lease, leaseMillis);
    return longer;
  }

  /** One that is or was a member; null: there was none. */
  @Nullable Member anyone() {
    return members.isEmpty() ? latest : members.get(0);
  }

  /** The longest of the members', those that have left included; readable without the lock. */
  long leaseMillis() {
    return leaseMillis;
  }

  /** How long a waiting call may last: a quarter of the lease, which counts from its sending. */
  long blockMillis() {
    long shortest = WaitLine.LONGEST_BLOCK.toMillis();
    for (Member member : members) {
      shortest = Math.min(shortest, member.spec().block().toMillis());
      shortest = Math.min(shortest, member.spec().lease().toMillis() / 4);
    }
    return Math.max(10, shortest);
  }

  EntrySize entrySize() {
    return entrySize;
  }

  /** What may be asked for now. */
  int available() {
    long sum = -reserved;
    for (Member member : members) {
      sum += member.room(entrySize.average());
    }
    return Math.clamp(sum, 0, Integer.MAX_VALUE);
  }

  int readCount() {
    return Math.min(available(), batch());
  }

  /** The most that one read asks for. */
  int batch() {
    int most = 1;
    for (Member member : members) {
      most = Math.max(most, member.spec().batch());
    }
    return most;
  }

  void reserve(int count) {
    reserved += count;
  }

  void unreserve(int count) {
    reserved -= count;
  }

  boolean hasCredit() {
    for (Member member : members) {
      if (member.credit() > 0) {
        return true;
      }
    }
    return false;
  }
}
