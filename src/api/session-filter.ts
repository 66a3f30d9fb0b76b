import { routeOf, type ContextName, type SessionPage, type SessionSummary } from '../base/index.js';
import type { SessionMirror } from '../session/index.js';

/** Sessions looked at for one answer; it has fewer than were asked for when there are not enough among them. */
const MAX_LOOKED_AT = 20_000;

/** Sessions looked at before others get their turn. */
const SLICE = 200;

export const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/**
 * A page of the sessions of one route, in the order of all. The sessions are looked through, a bounded number for each
 * answer: one of a route that is rare may have few sessions, or none, and say that there may be more.
 */
export async function pageOfRoute(
  mirror: Pick<SessionMirror, 'page'>,
  route: string,
  { limit, ...query }: { context?: ContextName; cursor?: string; limit: number },
): Promise<SessionPage> {
  const sessions: SessionSummary[] = [];
  let cursor = query.cursor;
  let lookedAt = 0;
  while (sessions.length < limit && lookedAt < MAX_LOOKED_AT) {
    const size = Math.min(SLICE, limit - sessions.length);
    const page = mirror.page({ ...query, ...(cursor !== undefined && { cursor }), limit: size });
    sessions.push(...page.sessions.filter(({ id }) => (routeOf(id) ?? '') === route));
    if (page.next === null) {
      return { sessions, next: null };
    }
    cursor = page.next;
    lookedAt += size;
    if (Math.floor(lookedAt / SLICE) > Math.floor((lookedAt - size) / SLICE)) {
      await nextTurn();
    }
  }
  return { sessions, next: cursor ?? null };
}
