import { TribesError, type SessionRecord } from '../base/index.js';
import { sessionVersion, type WriteCondition } from '../session/index.js';

/** The ETag of a session: a strong one, which is another after every change and every access. */
export function entityTag(record: SessionRecord): string {
  return `"${sessionVersion(record)}"`;
}

const TAGS = /^(?:W\/)?"[\x21\x23-\x7e]*"(?:[ \t]*,[ \t]*(?:W\/)?"[\x21\x23-\x7e]*")*$/;

/**
 * The condition of an If-Match header (RFC 9110, 13.1.1): strong comparison, so that a weak tag never matches.
 * Error: TRIBES_E_API_IF_MATCH.
 */
export function conditionOf(header: string | undefined, record: SessionRecord): WriteCondition {
  const value = header?.trim();
  if (value === undefined || value === '*') {
    return {};
  }
  if (!TAGS.test(value)) {
    throw new TribesError('TRIBES_E_API_IF_MATCH', {});
  }
  const strong = [...value.matchAll(/(W\/)?"([^"]*)"/g)].filter(([, weak]) => weak === undefined);
  const version = sessionVersion(record);
  // The writer compares again when it is the turn of this write.
  return { ifVersion: strong.some(([, , tag]) => tag === version) ? version : '' };
}
