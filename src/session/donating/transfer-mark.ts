import type { UniqueId } from '../../base/index.js';

/**
 * The time stamp of all messages of a state. A manager that waits queues what changes meanwhile, and when it has the
 * state it drops what is stamped earlier than that, by the clock of whoever sent it
 * (`DeltaManager.getAllClusterSessions`, `stateTimestampDrop`), with a warning for each. So it is the moment of the
 * request by that clock of all members which is the most behind: else what a member with a slow clock changes during
 * the transfer would be lost. What is carried out twice does no harm, being carried out in order.
 *
 * @param askedAt the asker's time stamp of its request.
 * @param skewOf milliseconds to add to a member's time to have ours.
 */
export function transferMark(
  askedAt: number,
  asker: UniqueId,
  members: Iterable<UniqueId>,
  skewOf: (member: UniqueId) => number,
): number {
  const askedByOurClock = askedAt + skewOf(asker);
  let mark = askedAt;
  for (const member of members) {
    mark = Math.min(mark, askedByOurClock - skewOf(member));
  }
  return Math.max(0, Math.floor(mark));
}
