import { TribesError, contextName, type ContextName } from '../base/index.js';
import type { SessionMirror } from '../session/index.js';
import type { Query } from './query.js';

/** The context that the query names, if it names one. Error: TRIBES_E_API_NO_CONTEXT. */
export function knownContext(
  mirror: Pick<SessionMirror, 'contexts'>,
  query: Query,
): { context?: ContextName } {
  const name = query.text('context');
  if (name === undefined) {
    return {};
  }
  const context = contextName(name);
  if (!mirror.contexts().some((info) => info.name === context)) {
    throw new TribesError('TRIBES_E_API_NO_CONTEXT', { context });
  }
  return { context };
}
