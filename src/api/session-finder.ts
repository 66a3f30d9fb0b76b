import type { FastifyReply } from 'fastify';
import { TribesError, sessionId, type SessionRecord } from '../base/index.js';
import type { SessionMirror } from '../session/index.js';
import { knownContext } from './known-context.js';
import { problemOf } from './problem.js';
import type { Query } from './query.js';

/** The same, got from where it is when it is in a replicated map of which this node has no backup. */
export async function lookForSession(
  mirror: Pick<SessionMirror, 'contexts' | 'find' | 'look'>,
  id: string,
  query: Query,
  reply: FastifyReply,
): Promise<SessionRecord | undefined> {
  await mirror.look(sessionId(id), knownContext(mirror, query).context);
  return findSession(mirror, id, query, reply);
}

/**
 * The one session that a request means; or undefined, after the choice has been sent. Errors: TRIBES_E_API_NO_CONTEXT,
 * TRIBES_E_API_NO_SESSION.
 */
export function findSession(
  mirror: Pick<SessionMirror, 'contexts' | 'find'>,
  id: string,
  query: Query,
  reply: FastifyReply,
): SessionRecord | undefined {
  const { context } = knownContext(mirror, query);
  const found = mirror.find(sessionId(id), context);
  if (found.length > 1) {
    const error = new TribesError('TRIBES_E_API_AMBIGUOUS', { count: found.length });
    const { status, body } = problemOf(error);
    void reply.code(status).send({ ...body, contexts: found.map((record) => record.context) });
    return undefined;
  }
  const [record] = found;
  if (record === undefined) {
    throw new TribesError('TRIBES_E_API_NO_SESSION', {});
  }
  return record;
}
