import { routeOf, type ContextName, type SessionPage } from '../base/index.js';
import type { SessionMirror } from '../session/index.js';

/** Which sessions are asked for, and how many at most. */
export interface SessionQuery {
  readonly context?: ContextName;
  /** Only those of that route; the empty one is that of ids without any. */
  readonly route?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** Sessions looked at for one answer; it has fewer than were asked for when there are not enough among them. */
const MAX_LOOKED_AT = 20_000;

/** Sessions looked at before others get their turn: messages wait behind them. */
const SLICE = 20;

export const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/**
 * A page of the sessions, in the order of all, in slices: the event loop goes on in between. The last one has the cursor
 * behind it all. The sessions of a route are looked for among all, a bounded number for each answer: of one that is rare
 * there may be few sessions, or none, and a cursor that says that there may be more.
 *
 * Errors: those of `SessionMirror.page`.
 */
export async function* pageInSlices(
  mirror: Pick<SessionMirror, 'page'>,
  { route, limit, ...query }: SessionQuery,
): AsyncGenerator<SessionPage> {
  let found = 0;
  let lookedAt = 0;
  for (let more = query.cursor; ;) {
    const size = Math.min(SLICE, limit - found);
    const { sessions, next } = mirror.page({
      ...query,
      ...(more !== undefined && { cursor: more }),
      limit: size,
    });
    const wanted =
      route === undefined ? sessions : sessions.filter(({ id }) => (routeOf(id) ?? '') === route);
    yield { sessions: wanted, next };
    found += wanted.length;
    const isNewSlice = Math.floor((lookedAt + size) / SLICE) > Math.floor(lookedAt / SLICE);
    lookedAt += size;
    if (next === null || found >= limit || lookedAt >= MAX_LOOKED_AT) {
      return;
    }
    more = next;
    if (isNewSlice) {
      await nextTurn();
    }
  }
}
