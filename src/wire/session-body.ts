import { isTribesError, TribesError } from '../base/index.js';
import type { ObjectInput, ObjectOutput } from '../java/index.js';
import { ClassName } from './class-names.js';
import { ignoreDialect, type Dialect, type DialectObserver } from './dialect.js';
import { readCount } from './java-external.js';
import { readHaPrincipal, writeHaPrincipal, type HaPrincipal } from './principal.js';

/**
 * A whole session, as it stands in the payload of ALL_SESSION_DATA and in a DeltaSession object. `V` is what an object
 * is to the reader. Its authType is not part of it.
 */
export interface SessionBody<V> {
  /** Epoch milliseconds of the sender. */
  readonly creationTime: bigint;
  readonly lastAccessedTime: bigint;
  readonly thisAccessedTime: bigint;
  /** Seconds; zero or less: never expires. */
  readonly maxInactiveInterval: number;
  readonly isNew: boolean;
  readonly isValid: boolean;
  /** Always 0. */
  readonly version: bigint;
  /** Null when there is none, or none that can be serialised. */
  readonly principal: BodyPrincipal<V> | null;
  readonly id: string;
  /** Null when the sender left the two slots out. */
  readonly notes: NoteSlots<V> | null;
  readonly attributes: readonly { readonly name: string; readonly value: V }[];
  /** Names of attributes whose write was given up: they could not be serialised. */
  readonly aborted: readonly string[];
  /** Replicated session listeners. */
  readonly listeners: readonly V[];
  /** Set when the value of an attribute is opaque, and with it all the rest: what stands before it was read. */
  readonly brokenOff?: BrokenOff;
}

/** Where reading had to end: at a value that cannot be understood without its class. */
export interface BrokenOff {
  /** Of the attribute. */
  readonly name: string;
  readonly cause: TribesError<'TRIBES_E_JAVA_OPAQUE'>;
}

/** An object since 8.5; before, plain data. */
export type BodyPrincipal<V> =
  | { readonly kind: 'object'; readonly value: V }
  | { readonly kind: 'ha'; readonly principal: HaPrincipal<V> };

/** `org.apache.catalina.authenticator.Constants.SESSION_ID_NOTE` and `FORM_REQUEST_NOTE`; null objects when unset. */
export interface NoteSlots<V> {
  readonly sessionId: V;
  readonly request: V;
}

const LAYOUT = 'session';

/** `DeltaSession.doReadObject`. Errors: TRIBES_E_WIRE_FIELD, and those of the stream codec. */
export function readSessionBody<V>(
  input: ObjectInput<V>,
  observe: DialectObserver = ignoreDialect,
): SessionBody<V> {
  const creationTime = input.readLongObject();
  const lastAccessedTime = input.readLongObject();
  const maxInactiveInterval = input.readIntegerObject();
  const isNew = input.readBooleanObject();
  const isValid = input.readBooleanObject();
  const thisAccessedTime = input.readLongObject();
  const version = input.readLongObject();
  const principal = input.readBoolean() ? readPrincipal(input) : null;
  const id = readText(input, 'id');
  const notes = readNotes(input);
  observe({ seen: 'noteSlots', present: notes !== null });
  const { attributes, aborted, brokenOff } = readAttributes(input);
  const listeners = brokenOff ? [] : readListeners(input);
  return {
    creationTime,
    lastAccessedTime,
    thisAccessedTime,
    maxInactiveInterval,
    isNew,
    isValid,
    version,
    principal,
    id,
    notes,
    attributes,
    aborted,
    listeners,
    ...(brokenOff && { brokenOff }),
  };
}

function readText(input: ObjectInput<unknown>, field: string): string {
  const text = input.readStringObject();
  if (text === null) {
    throw new TribesError('TRIBES_E_WIRE_FIELD', {
      layout: LAYOUT,
      field,
      expected: 'String',
      found: 'null',
    });
  }
  return text;
}

function readListeners<V>(input: ObjectInput<V>): V[] {
  const listeners: V[] = [];
  for (let left = readCount(LAYOUT, 'number of listeners', input.readIntegerObject()); left > 0; left--) {
    listeners.push(input.readObject());
  }
  return listeners;
}

function readPrincipal<V>(input: ObjectInput<V>): BodyPrincipal<V> {
  return input.peek() === 'primitive'
    ? { kind: 'ha', principal: readHaPrincipal(input) }
    : { kind: 'object', value: input.readObject() };
}

/** Behind the id stands either the first slot or, as an Integer, the number of attributes. */
function readNotes<V>(input: ObjectInput<V>): NoteSlots<V> | null {
  return input.peekClassName() === ClassName.INTEGER
    ? null
    : { sessionId: input.readObject(), request: input.readObject() };
}

function readAttributes<V>(
  input: ObjectInput<V>,
): Pick<SessionBody<V>, 'attributes' | 'aborted' | 'brokenOff'> {
  const attributes: { name: string; value: V }[] = [];
  const aborted: string[] = [];
  for (let left = readCount(LAYOUT, 'number of attributes', input.readIntegerObject()); left > 0; left--) {
    const name = readText(input, 'attribute name');
    if (input.peek() === 'exception') {
      input.skipException();
      aborted.push(name);
      continue;
    }
    try {
      attributes.push({ name, value: input.readObject() });
    } catch (cause) {
      if (isTribesError(cause, 'TRIBES_E_JAVA_OPAQUE')) {
        return { attributes, aborted, brokenOff: { name, cause } };
      }
      throw cause;
    }
  }
  return { attributes, aborted };
}

/**
 * `DeltaSession.doWriteObject`, as a Tomcat of that dialect does it: note slots are written only for a peer that writes
 * them itself. Aborted attributes are left out.
 *
 * Error: TRIBES_E_WIRE_UNENCODABLE for a principal in a form that the dialect does not have in whole sessions.
 */
export function writeSessionBody<V>(
  body: SessionBody<V>,
  output: ObjectOutput<V>,
  dialect: Pick<Dialect, 'noteSlots' | 'principalForm'>,
): void {
  output.writeLongObject(body.creationTime);
  output.writeLongObject(body.lastAccessedTime);
  output.writeIntegerObject(body.maxInactiveInterval);
  output.writeBooleanObject(body.isNew);
  output.writeBooleanObject(body.isValid);
  output.writeLongObject(body.thisAccessedTime);
  output.writeLongObject(body.version);
  writePrincipal(body.principal, output, dialect);
  output.writeStringObject(body.id);
  if (dialect.noteSlots === 'yes') {
    writeNotes(body.notes, output);
  }
  output.writeIntegerObject(body.attributes.length);
  for (const { name, value } of body.attributes) {
    output.writeStringObject(name);
    output.writeObject(value);
  }
  output.writeIntegerObject(body.listeners.length);
  for (const listener of body.listeners) {
    output.writeObject(listener);
  }
}

function writePrincipal<V>(
  principal: BodyPrincipal<V> | null,
  output: ObjectOutput<V>,
  { principalForm }: Pick<Dialect, 'principalForm'>,
): void {
  output.writeBoolean(principal !== null);
  if (principal === null) {
    return;
  }
  if ((principal.kind === 'ha') !== (principalForm === 'ha')) {
    const problem = `a principal as ${principal.kind === 'ha' ? 'data' : 'object'} for a peer of the form ${principalForm}`;
    throw new TribesError('TRIBES_E_WIRE_UNENCODABLE', { layout: LAYOUT, field: 'principal', problem });
  }
  if (principal.kind === 'ha') {
    writeHaPrincipal(principal.principal, output);
  } else {
    output.writeObject(principal.value);
  }
}

function writeNotes<V>(notes: NoteSlots<V> | null, output: ObjectOutput<V>): void {
  if (notes === null) {
    // A null String is a null like any other.
    output.writeStringObject(null);
    output.writeStringObject(null);
  } else {
    output.writeObject(notes.sessionId);
    output.writeObject(notes.request);
  }
}
