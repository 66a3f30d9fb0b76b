import { isTribesError, type SessionRecord, type ShareGroup } from '../base/index.js';
import {
  readObject,
  spliceOutput,
  writeStream,
  type ObjectOutput,
  type SpliceOutput,
} from '../java/index.js';
import {
  principalObject,
  principalOf,
  writeSessionList,
  type BodyPrincipal,
  type Dialect,
  type NoteSlots,
  type SerialPrincipal,
  type SessionBody,
} from '../wire/index.js';
import { SLOT_NOTES } from './session-changes.js';

/** An object of the list to be: writes itself to where the list stands. */
type Written = () => void;

/**
 * The payload of ALL_SESSION_DATA in the dialect of whoever asked, spliced from the streams of the records. Values that
 * are kept uncut are left out.
 *
 * Errors: those of `spliceOutput`.
 */
export function encodeSessions(records: readonly SessionRecord[], dialect: Dialect): Buffer {
  const output = spliceOutput();
  writeSessionList(
    records.map((record) => bodyOf(record, output, dialect)),
    selfWriting(output),
    dialect,
  );
  return output.toBuffer();
}

function bodyOf(record: SessionRecord, output: SpliceOutput, dialect: Dialect): SessionBody<Written> {
  const { id, maxInactiveInterval, isNew, isValid, principal } = record;
  return {
    creationTime: BigInt(record.creationTime),
    lastAccessedTime: BigInt(record.lastAccessedTime),
    thisAccessedTime: BigInt(record.thisAccessedTime),
    maxInactiveInterval,
    isNew,
    isValid,
    version: 0n,
    principal: principal && bodyPrincipal(principal, output, dialect),
    id,
    notes: noteSlots(record.notes, output),
    attributes: record.attributes.flatMap((group) => namedValues(group, output)),
    aborted: [],
    listeners: record.listeners.map((listener) => () => output.writeObject(listener)),
  };
}

function namedValues(
  { names, stream, uncut }: ShareGroup,
  output: SpliceOutput,
): { name: string; value: Written }[] {
  if (uncut === true) {
    return [];
  }
  const group = output.openGroup(stream);
  return names.map((name, index) => ({ name, value: () => group.writeObject(index) }));
}

function noteSlots(notes: readonly ShareGroup[], output: SpliceOutput): NoteSlots<Written> | null {
  const values = new Map(
    notes
      .filter(({ names }) => names.some((name) => SLOT_NOTES.includes(name)))
      .flatMap((group) => namedValues(group, output))
      .map(({ name, value }) => [name, value]),
  );
  const slot = (name: string): Written => values.get(name) ?? (() => output.writeStringObject(null));
  return values.size === 0 ? null : { sessionId: slot(SLOT_NOTES[0]), request: slot(SLOT_NOTES[1]) };
}

/** The principal in the form of the peer; one of another class than Tomcat's goes as it came. */
function bodyPrincipal(
  stream: Buffer,
  output: SpliceOutput,
  { principalForm }: Dialect,
): BodyPrincipal<Written> | null {
  const known = serialPrincipal(stream);
  if (principalForm === 'ha') {
    return known && { kind: 'ha', principal: haPrincipal(known, output) };
  }
  const written =
    known === null || known.form === principalForm
      ? stream
      : writeStream({ contents: [principalObject(known, principalForm)] });
  return { kind: 'object', value: () => output.writeObject(written) };
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
function selfWriting(output: SpliceOutput): ObjectOutput<Written> {
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
