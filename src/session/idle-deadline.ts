import type { SessionScalars } from '../base/index.js';

/**
 * When a session expires that nobody accesses any more, given when it was last heard of: at twice its interval, since it
 * is no primary session here (`DeltaSession.isValid`). Never, where the interval is zero or less.
 */
export function idleDeadline({ maxInactiveInterval }: SessionScalars, lastHeard: number): number {
  return maxInactiveInterval > 0 ? lastHeard + 2000 * maxInactiveInterval : Infinity;
}
