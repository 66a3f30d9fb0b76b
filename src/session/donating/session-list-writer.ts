import { isTribesError, type SessionId, type SessionRecord } from '../../base/index.js';
import {
  readObject,
  spliceOutput,
  writeStream,
  type ObjectOutput,
  type SpliceOutput,
} from '../../java/index.js';
import {
  principalObject,
  principalOf,
  spliceDeltaSession,
  writeSessionBody,
  type BodyPrincipal,
  type Dialect,
  type NoteSlots,
  type PrincipalForm,
  type SerialPrincipal,
  type SessionBody,
} from '../../wire/index.js';
import { donatedSession, type DonatedSession, type DonatedGroup } from './donated-session.js';
import { SLOT_NOTES } from '../session-changes.js';

/** An object of the list to be: writes itself to where the list stands. */
export type Written = () => void;

/** Stands for the number of sessions until all are written. No small number: a JVM has one object for each of those. */
const PLACEHOLDER = 2 ** 31 - 1;
const COUNT_BYTES = 4;

/**
 * Writes the payload of ALL_SESSION_DATA in the dialect of whoever asked, one session at a time, spliced from the streams
 * of the records (`DeltaManager.serializeSessions`). Values that are kept uncut are left out.
 */
export class SessionListWriter {
  readonly #dialect: Dialect;
  readonly #output = spliceOutput();
  readonly #selfWriting = selfWriting(this.#output);
  readonly #countAt: number;
  #count = 0;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
    this.#output.writeIntegerObject(PLACEHOLDER);
    this.#countAt = this.#output.byteLength - COUNT_BYTES;
  }

  /** Sessions written so far. */
  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#output.byteLength;
  }

  /**
   * Errors: those of `spliceOutput`; then the list is good for nothing any more.
   *
   * @param id under which the asker is to have it.
   */
  add(session: DonatedSession, id = session.record.id): void {
    const noteSlots = session.notes.length > 0 ? 'yes' : 'no';
    const { principalForm } = this.#dialect;
    const body = bodyOf(session, id, this.#output, this.#dialect);
    writeSessionBody(body, this.#selfWriting, { noteSlots, principalForm });
    this.#count++;
  }

  toBuffer(): Buffer {
    const list = this.#output.toBuffer();
    list.writeInt32BE(this.#count, this.#countAt);
    return list;
  }
}

/** The whole of a short list. Errors: those of `donatedSession` and `SessionListWriter.add`. */
export function encodeSessions(records: readonly SessionRecord[], dialect: Dialect): Buffer {
  const writer = new SessionListWriter(dialect);
  for (const record of records) {
    writer.add(donatedSession(record, dialect));
  }
  return writer.toBuffer();
}

/** A session as the value of a map (`DeltaSession`). Errors: those of `donatedSession` and of splicing. */
export function encodeSessionObject(record: SessionRecord, dialect: Dialect): Buffer {
  const session = donatedSession(record, dialect);
  const noteSlots = session.notes.length > 0 ? 'yes' : 'no';
  const { principalForm } = dialect;
  return spliceDeltaSession(dialect, (output) => {
    const body = bodyOf(session, record.id, output, dialect);
    writeSessionBody(body, selfWriting(output), { noteSlots, principalForm });
  });
}

function bodyOf(
  session: DonatedSession,
  id: SessionId,
  output: SpliceOutput,
  dialect: Dialect,
): SessionBody<Written> {
  const { record } = session;
  const { maxInactiveInterval, isNew, isValid, principal } = record;
  return {
    creationTime: BigInt(record.creationTime),
    lastAccessedTime: BigInt(record.lastAccessedTime),
    thisAccessedTime: BigInt(record.thisAccessedTime),
    maxInactiveInterval,
    isNew,
    isValid,
    version: 0n,
    principal: principal && bodyPrincipal(principal, output, dialect.principalForm),
    id,
    notes: noteSlots(session.notes, output),
    attributes: session.attributes.flatMap((group) => namedValues(group, output)),
    aborted: [],
    listeners: record.listeners.map((listener) => () => output.writeObject(listener)),
  };
}

/** The values of a group as objects that write themselves; what they share stays shared. */
export function namedValues(
  { names, stream, values }: DonatedGroup,
  output: SpliceOutput,
): { name: string; value: Written }[] {
  if (values === null) {
    return names.map((name) => ({ name, value: () => output.writeObject(stream) }));
  }
  const group = output.openGroup(values);
  return names.map((name, index) => ({ name, value: () => group.writeObject(index) }));
}

function noteSlots(notes: readonly DonatedGroup[], output: SpliceOutput): NoteSlots<Written> | null {
  const values = new Map(
    notes.flatMap((group) => namedValues(group, output)).map(({ name, value }) => [name, value]),
  );
  const slot = (name: string): Written => values.get(name) ?? (() => output.writeStringObject(null));
  return values.size === 0 ? null : { sessionId: slot(SLOT_NOTES[0]), request: slot(SLOT_NOTES[1]) };
}

/** The principal in the form of the peer; one of another class than Tomcat's goes as it came. */
function bodyPrincipal(
  stream: Buffer,
  output: SpliceOutput,
  principalForm: Dialect['principalForm'],
): BodyPrincipal<Written> | null {
  const known = serialPrincipal(stream);
  if (principalForm === 'ha') {
    return known && { kind: 'ha', principal: haPrincipal(known, output) };
  }
  const form = known && principalFormFor(known.form, principalForm);
  const written =
    known === null || form === null || known.form === form
      ? stream
      : writeStream({ contents: [principalObject(known, form)] });
  return { kind: 'object', value: () => output.writeObject(written) };
}

/** Every release since 8.5 reads the forms of all others since then: until the peer's is known, none is lost. */
function principalFormFor(form: PrincipalForm, wanted: Dialect['principalForm']): PrincipalForm {
  if (wanted !== 'unknown') {
    return wanted;
  }
  return form === 'ha' ? 'attributes-password' : form;
}

function haPrincipal({ name, password, roles, userPrincipal }: SerialPrincipal, output: SpliceOutput) {
  const wrapped = userPrincipal === null ? null : writeStream({ contents: [userPrincipal] });
  return {
    name: name ?? '',
    password,
    roles: (roles ?? []).filter((role) => role !== null),
    userPrincipal: wrapped && ((() => output.writeObject(wrapped)) satisfies Written),
  };
}

function serialPrincipal(stream: Buffer): SerialPrincipal | null {
  try {
    return principalOf(readObject(stream));
  } catch (error) {
    if (isTribesError(error)) {
      return null;
    }
    throw error;
  }
}

/** `output`, where an object writes itself. */
export function selfWriting(output: SpliceOutput): ObjectOutput<Written> {
  return {
    writeObject: (value) => value(),
    writeBoolean: (value) => output.writeBoolean(value),
    writeByte: (value) => output.writeByte(value),
    writeInt: (value) => output.writeInt(value),
    writeLong: (value) => output.writeLong(value),
    writeUTF: (value) => output.writeUTF(value),
    writeBytes: (value) => output.writeBytes(value),
    writeStringObject: (value) => output.writeStringObject(value),
    writeIntegerObject: (value) => output.writeIntegerObject(value),
    writeLongObject: (value) => output.writeLongObject(value),
    writeBooleanObject: (value) => output.writeBooleanObject(value),
  };
}
