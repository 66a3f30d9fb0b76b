import type { SessionRecord, SessionSummary } from '../base/index.js';
import { principalView, type SessionMirror } from '../session/index.js';
import type { AttributeViewer } from './attribute-viewer.js';

/** The members of a session that lists show too. Times are epoch milliseconds, maxInactiveInterval seconds. */
type ListedSession = Pick<
  SessionSummary,
  'id' | 'context' | 'creationTime' | 'lastAccessedTime' | 'maxInactiveInterval' | 'attributeNames'
>;

/** @param unconfirmed whether no Tomcat has told of the session since the node began to ask. */
export function summaryJson(session: ListedSession, unconfirmed: boolean): object {
  const { id, context, creationTime, lastAccessedTime, maxInactiveInterval, attributeNames } = session;
  return { id, context, creationTime, lastAccessedTime, maxInactiveInterval, attributeNames, unconfirmed };
}

/** Who has a session of a replicated map, and how fresh what is shown of it is: as it was at `asOf`, by our clock. */
function placeJson(record: SessionRecord, mirror: Pick<SessionMirror, 'place'>): object {
  const place = mirror.place(record);
  return place === undefined ? {} : { backup: { ...place, asOf: record.receivedAt } };
}

/** How long the event loop is held before others get their turn, in milliseconds. */
const SLICE_MS = 5;

/**
 * A session with its attributes as JSON text, piece by piece: the event loop goes on in between. Notes are named, never
 * shown. The object of the attributes is written by hand: names of others never become property names.
 */
export async function* sessionText(
  record: SessionRecord,
  mirror: Pick<SessionMirror, 'isUnconfirmed' | 'place'>,
  viewer: AttributeViewer,
): AsyncGenerator<string | Uint8Array> {
  const { attributes, principal, notes, isNew, isValid, authType } = record;
  const head = JSON.stringify({
    ...summaryJson(
      { ...record, attributeNames: attributes.flatMap(({ names }) => names) },
      mirror.isUnconfirmed(record),
    ),
    isNew,
    isValid,
    authType,
    principal: principal === null ? null : viewer.value(principal, principalView),
    noteNames: notes.flatMap(({ names }) => names),
    ...placeJson(record, mirror),
  });
  yield `${head.slice(0, -1)},"attributes":{`;
  let separator = '';
  let sliceEnd = performance.now() + SLICE_MS;
  for (const group of attributes) {
    const views = await viewer.group(group);
    for (const [index, name] of group.names.entries()) {
      yield `${separator}${JSON.stringify(name)}:`;
      yield views[index] ?? 'null';
      separator = ',';
    }
    if (performance.now() > sliceEnd) {
      await new Promise((resolve) => setImmediate(resolve));
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  yield '}}';
}
