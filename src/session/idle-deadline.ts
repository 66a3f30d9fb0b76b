import type { SessionScalars } from '../base/index.js';

/**
 * When a session expires that nobody accesses any more, given when it was last heard of: at twice its interval, since it
 * is no primary session here (`DeltaSession.isValid`): its Tomcat need not tell of every access
 * (`DeltaManager.requestCompleted`). Without a Tomcat nobody can have accessed it: then the interval counts once, from
 * the last instant at which one was there. Never, where the interval is zero or less.
 *
 * @param tomcatUntil until when a Tomcat has been there; Infinity while one is, or where that is not known.
 */
export function idleDeadline(
  { maxInactiveInterval }: Pick<SessionScalars, 'maxInactiveInterval'>,
  lastHeard: number,
  tomcatUntil = Infinity,
): number {
  if (maxInactiveInterval <= 0) {
    return Infinity;
  }
  const interval = 1000 * maxInactiveInterval;
  return Math.min(lastHeard + 2 * interval, Math.max(lastHeard, tomcatUntil) + interval);
}
