import type { ObjectInput, ObjectOutput } from '../java/index.js';
import { ignoreDialect, type Dialect, type DialectObserver } from './dialect.js';
import { readCount } from './java-external.js';
import { readSessionBody, writeSessionBody, type SessionBody } from './session-body.js';

/** The payload of EVT_ALL_SESSION_DATA, being read. */
export interface SessionListReader<V> {
  /** How many sessions its writer announced. */
  readonly count: number;
  /**
   * The sessions, each read when it is asked for, so that a large list can be read in slices. Throws at the first one
   * that is not understood; those before it stand. The last one is broken off where a value of it is opaque.
   */
  readonly sessions: IterableIterator<SessionBody<V>>;
}

const LAYOUT = 'session list';

/** `DeltaManager.deserializeSessions`. Errors: TRIBES_E_WIRE_FIELD, and those of the stream codec. */
export function readSessionList<V>(
  input: ObjectInput<V>,
  observe: DialectObserver = ignoreDialect,
): SessionListReader<V> {
  const count = readCount(LAYOUT, 'number of sessions', input.readIntegerObject());
  return { count, sessions: readSessions(input, count, observe) };
}

function* readSessions<V>(
  input: ObjectInput<V>,
  count: number,
  observe: DialectObserver,
): Generator<SessionBody<V>, void, undefined> {
  let broken = false;
  for (let read = 0; read < count && !broken; read++) {
    const session = readSessionBody(input, observe);
    broken = session.brokenOff !== undefined;
    yield session;
  }
}

/** `DeltaManager.serializeSessions`. Error: that of `writeSessionBody`. */
export function writeSessionList<V>(
  sessions: readonly SessionBody<V>[],
  output: ObjectOutput<V>,
  dialect: Pick<Dialect, 'noteSlots' | 'principalForm'>,
): void {
  output.writeIntegerObject(sessions.length);
  for (const session of sessions) {
    writeSessionBody(session, output, dialect);
  }
}
