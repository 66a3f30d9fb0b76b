import {
  defaultJavaLimits,
  defaultSessionLimits,
  isTribesError,
  sessionId,
  TribesError,
  type JavaLimits,
  type ShareGroup,
} from '../../base/index.js';
import {
  cut,
  readObject,
  scanInput,
  uncutStream,
  writeStream,
  type ScannedValue,
  type UncutValue,
} from '../../java/index.js';
import {
  decodeDeltaRequest,
  messageLimitsOf,
  principalObject,
  principalOf,
  QuickSessionList,
  readQuickDelta,
  readSessionBody,
  readSessionList,
  scanDeltaSession,
  type BodyPrincipal,
  type DialectObservation,
  type DialectObserver,
  type HaPrincipal,
  type NoteSlots,
  type QuickSession,
  type SessionBody,
} from '../../wire/index.js';
import { SLOT_NOTES, type TransferredSession } from '../session-changes.js';
import type { ListenerChange, NamedChanges, SessionDelta } from './session-delta.js';
import { cutGroups, type NamedValue } from '../share-groups.js';

/** What of a message could not be taken as it was meant. */
export interface Shortcoming {
  readonly kind:
    /** The sender could not write it; it left a mark. */
    | 'aborted'
    /** It was kept with what stands behind it in the message. */
    | 'uncut'
    /** It could not be kept. */
    | 'lost';
  /** The attribute or note; never its value. */
  readonly name: string;
  readonly why: string;
}

interface ValueAction {
  readonly action: 'set' | 'remove';
  readonly name: string;
  readonly value: ScannedValue | undefined;
}

export type Report = (shortcoming: Shortcoming) => void;

/**
 * The payload of SESSION_DELTA: nothing is built, every value is cut out. Where a value is opaque, the actions before it
 * count, and those behind it are lost.
 *
 * Errors: TRIBES_E_JAVA_…, TRIBES_E_WIRE_….
 */
export function readDelta(
  payload: Buffer,
  observe: DialectObserver,
  report: Report,
  limits: JavaLimits = defaultJavaLimits,
  maxUncutBytes = defaultSessionLimits.maxUncutBytes,
): SessionDelta {
  return (
    readQuickDelta(payload, observe, limits) ??
    readPlainDelta(payload, observe, report, limits, maxUncutBytes)
  );
}

/** The same for any delta, however it is made. */
export function readPlainDelta(
  payload: Buffer,
  observe: DialectObserver,
  report: Report,
  limits: JavaLimits = defaultJavaLimits,
  maxUncutBytes = defaultSessionLimits.maxUncutBytes,
): SessionDelta {
  const { actions, brokenOff } = decodeDeltaRequest(scanInput(payload, limits), observe);
  const attributes = new NamedSum(payload, report, maxUncutBytes);
  const notes = new NamedSum(payload, report, maxUncutBytes);
  const listeners: ListenerChange[] = [];
  const fields: { -readonly [K in 'maxInactiveInterval' | 'authType' | 'principal']?: SessionDelta[K] } = {};
  for (const action of actions) {
    switch (action.type) {
      case 'attribute':
        attributes.add(action);
        break;
      case 'note':
        notes.add(action);
        break;
      case 'listener':
        listeners.push(...listenerChange(action));
        break;
      case 'maxInactiveInterval':
        fields.maxInactiveInterval = action.value;
        break;
      case 'authType':
        fields.authType = action.action === 'set' ? (action.value ?? null) : null;
        break;
      case 'principal':
        fields.principal = principalChange(action, observe);
        break;
      case 'isNew':
      case 'unknown':
    }
  }
  if (brokenOff !== undefined) {
    const { type, name, cause } = brokenOff;
    if (type === 'attribute' || type === 'note') {
      (type === 'note' ? notes : attributes).addOpaque(name, cause);
    } else {
      report({ kind: 'lost', name, why: cause.message });
    }
  }
  return { attributes: attributes.changes(), notes: notes.changes(), listeners, ...fields };
}

/**
 * The sessions of ALL_SESSION_DATA, one at a time. Throws where the payload cannot be read any further: what came before
 * that stands. Arrays are bounded by the bytes that came: a limit on their cells is meant for one session, not for a state.
 */
export function* readTransfer(
  ...transfer: Parameters<typeof walkTransfer>
): Generator<TransferredSession, void> {
  for (const session of walkTransfer(...transfer)) {
    if (session !== undefined) {
      yield session;
    }
  }
}

/** As `readTransfer`, in steps that are short: undefined for one that brought nothing. */
export function* walkTransfer(
  payload: Buffer,
  observe: DialectObserver,
  report: Report,
  limits: JavaLimits = defaultJavaLimits,
  maxUncutBytes = defaultSessionLimits.maxUncutBytes,
): Generator<TransferredSession | undefined, void> {
  const quick = QuickSessionList.open(payload, observe, messageLimitsOf(limits));
  let read = 0;
  try {
    for (;;) {
      const body = quick?.next();
      const session = body
        ? quicklyTransferredOf(body, observe)
        : quick && readWhole(quick, observe, maxUncutBytes);
      if (session === undefined) {
        break;
      }
      read++;
      yield session;
    }
  } finally {
    quick?.close();
  }
  if (read !== quick?.count) {
    yield* walkPlainTransfer(payload, observe, report, limits, maxUncutBytes, read);
  }
}

/** The next session, by itself. Undefined where there is something to be said of it: what, the plain way knows better. */
function readWhole(
  quick: QuickSessionList,
  observe: DialectObserver,
  maxUncutBytes: number,
): TransferredSession | undefined {
  const input = quick.nextWhole();
  if (input === undefined) {
    return undefined;
  }
  const seen: DialectObservation[] = [];
  const remember: DialectObserver = (observation) => seen.push(observation);
  const shortcomings: Shortcoming[] = [];
  const report: Report = (shortcoming) => shortcomings.push(shortcoming);
  try {
    const body = readSessionBody(input, remember);
    const session = transferredOf(body, remember, () => new NamedSum(NOTHING, report, maxUncutBytes), report);
    const isSpotless = shortcomings.length === 0 && body.brokenOff === undefined;
    if (!isSpotless || !quick.isAllowed(bytesOf(session))) {
      return undefined;
    }
    seen.forEach(observe);
    return session;
  } catch (error) {
    if (isTribesError(error)) {
      return undefined;
    }
    throw error;
  }
}

/**
 * The value of a map that holds sessions (`DeltaSession`), cut into its parts.
 *
 * Errors: TRIBES_E_JAVA_…, TRIBES_E_WIRE_….
 */
export function readSessionObject(
  valuedata: Buffer,
  observe: DialectObserver,
  report: Report,
  limits: JavaLimits = defaultJavaLimits,
  maxUncutBytes = defaultSessionLimits.maxUncutBytes,
): TransferredSession {
  const body = scanDeltaSession(valuedata, observe, limits);
  return transferredOf(body, observe, () => new NamedSum(valuedata, report, maxUncutBytes), report);
}

/** Of the streams of a session. */
function bytesOf({ attributes, principal, notes, listeners }: TransferredSession): number {
  const streams = [...attributes, ...(notes ?? [])].map(({ stream }) => stream);
  return [...streams, ...listeners, principal ?? NOTHING].reduce((sum, { length }) => sum + length, 0);
}

const NOTHING = Buffer.alloc(0);

/** The same for any payload, however it is made. @param passed so many sessions were read already: they bring nothing. */
export function* walkPlainTransfer(
  payload: Buffer,
  observe: DialectObserver,
  report: Report,
  limits: JavaLimits = defaultJavaLimits,
  maxUncutBytes = defaultSessionLimits.maxUncutBytes,
  passed = 0,
): Generator<TransferredSession | undefined, void> {
  let toPass = passed;
  const observeNew: DialectObserver = (observation) => {
    if (toPass === 0) {
      observe(observation);
    }
  };
  for (const body of readSessionList(scanInput(payload, messageLimitsOf(limits)), observeNew).sessions) {
    if (toPass > 0) {
      toPass--;
      yield undefined;
      continue;
    }
    yield transferredOf(body, observe, () => new NamedSum(payload, report, maxUncutBytes), report);
    if (body.brokenOff !== undefined) {
      throw body.brokenOff.cause;
    }
  }
}

function quicklyTransferredOf(body: QuickSession, observe: DialectObserver): TransferredSession {
  const { notes, principal } = body;
  return {
    id: sessionId(body.id),
    creationTime: body.creationTime,
    lastAccessedTime: body.lastAccessedTime,
    thisAccessedTime: body.thisAccessedTime,
    maxInactiveInterval: body.maxInactiveInterval,
    isNew: body.isNew,
    attributes: body.attributes,
    principal: principal && lookedInto(principal, observe),
    notes:
      notes &&
      SLOT_NOTES.flatMap((name, slot) => {
        const stream = notes[slot] ?? null;
        return stream === null ? [] : [{ names: [name], stream }];
      }),
    listeners: body.listeners,
  };
}

function transferredOf(
  body: SessionBody<ScannedValue>,
  observe: DialectObserver,
  newSum: () => NamedSum,
  report: Report,
): TransferredSession {
  for (const name of body.aborted) {
    report({ kind: 'aborted', name, why: 'the sender could not serialise it' });
  }
  const attributes = newSum();
  for (const { name, value } of body.attributes) {
    attributes.add({ action: 'set', name, value });
  }
  if (body.brokenOff !== undefined) {
    attributes.addOpaque(body.brokenOff.name, body.brokenOff.cause);
  }
  return {
    id: sessionId(body.id),
    creationTime: Number(body.creationTime),
    lastAccessedTime: Number(body.lastAccessedTime),
    thisAccessedTime: Number(body.thisAccessedTime),
    maxInactiveInterval: body.maxInactiveInterval,
    isNew: body.isNew,
    attributes: attributes.changes().set,
    principal: body.principal && transferredPrincipal(body.principal, observe),
    notes: body.notes && slotNotes(body.notes, newSum()),
    listeners: body.listeners.filter(({ kind }) => kind !== 'null').map((listener) => cut([listener])),
  };
}

function slotNotes(
  { sessionId: sessionIdNote, request }: NoteSlots<ScannedValue>,
  sum: NamedSum,
): readonly ShareGroup[] {
  const [sessionIdName, requestName] = SLOT_NOTES;
  sum.add({ action: 'set', name: sessionIdName, value: sessionIdNote });
  sum.add({ action: 'set', name: requestName, value: request });
  return sum.changes().set;
}

/** The principal as a stream of its own. That of 7.0, which is plain data there, in the form of its deltas. */
function transferredPrincipal(principal: BodyPrincipal<ScannedValue>, observe: DialectObserver): Buffer {
  return principal.kind === 'object'
    ? cutPrincipal(principal.value, observe)
    : writeStream({ contents: [haPrincipalObject(principal.principal)] });
}

function haPrincipalObject({ userPrincipal, ...principal }: HaPrincipal<ScannedValue>) {
  const wrapped = userPrincipal === null ? null : readObject(cut([userPrincipal]));
  return principalObject({ form: 'ha', ...principal, userPrincipal: wrapped, attributes: null }, 'ha');
}

function principalChange({ action, value }: ValueAction, observe: DialectObserver): Buffer | null {
  return action === 'remove' || value === undefined || value.kind === 'null'
    ? null
    : cutPrincipal(value, observe);
}

function cutPrincipal(value: ScannedValue, observe: DialectObserver): Buffer {
  return lookedInto(cut([value]), observe);
}

/** The stream of a principal, of which something is learned. */
function lookedInto(stream: Buffer, observe: DialectObserver): Buffer {
  try {
    principalOf(readObject(stream), observe);
  } catch (error) {
    // Some other class than Tomcat's own: nothing is learned from it, and it is kept as it is.
    if (!(error instanceof TribesError)) {
      throw error;
    }
  }
  return stream;
}

function listenerChange({ action, value }: ValueAction): ListenerChange[] {
  return value === undefined || value.kind === 'null'
    ? []
    : [{ action: action === 'set' ? 'add' : 'remove', stream: cut([value]) }];
}

type Opaque = TribesError<'TRIBES_E_JAVA_OPAQUE'>;

/** What a row of actions on names comes to: the last one on each name counts. */
class NamedSum {
  readonly #payload: Buffer;
  readonly #report: Report;
  readonly #maxUncutBytes: number;
  readonly #last = new Map<string, ScannedValue | 'removed' | Opaque>();

  constructor(payload: Buffer, report: Report, maxUncutBytes: number) {
    this.#payload = payload;
    this.#report = report;
    this.#maxUncutBytes = maxUncutBytes;
  }

  /** A null value removes (`StandardSession.setAttribute`). */
  add({ action, name, value }: ValueAction): void {
    const removed = action === 'remove' || value === undefined || value.kind === 'null';
    this.#last.set(name, removed ? 'removed' : value);
  }

  /** A value that is opaque. */
  addOpaque(name: string, cause: Opaque): void {
    this.#last.set(name, cause);
  }

  changes(): NamedChanges {
    const values: NamedValue[] = [];
    const kept: ShareGroup[] = [];
    const removed: string[] = [];
    for (const [name, value] of this.#last) {
      if (value === 'removed') {
        removed.push(name);
      } else if (value instanceof TribesError) {
        kept.push(...this.#uncut(name, opaqueValue(this.#payload, value), value));
      } else {
        values.push({ name, value });
      }
    }
    const uncut = (group: readonly NamedValue[], cause: TribesError): ShareGroup[] =>
      group.flatMap(({ name, value }) => this.#uncut(name, entangledValue(value, cause), cause));
    return { set: [...cutGroups(values, uncut), ...kept], removed };
  }

  #uncut(name: string, value: UncutValue, { message }: TribesError): ShareGroup[] {
    const keep = value.bytes.length <= this.#maxUncutBytes;
    this.#report({ kind: keep ? 'uncut' : 'lost', name, why: message });
    return keep ? [{ names: [name], stream: uncutStream(value), uncut: true }] : [];
  }
}

/** Where it ends nobody knows: all the rest of the message is kept for it, of whomever that may be. */
function opaqueValue(payload: Buffer, { params }: Opaque): UncutValue {
  const { reason, className, offset } = params;
  return {
    reason: reason as UncutValue['reason'],
    className: String(className),
    bytes: payload.subarray(Number(offset)),
  };
}

function entangledValue({ source, start, end, className }: ScannedValue, cause: TribesError): UncutValue {
  return {
    reason: isTribesError(cause, 'TRIBES_E_JAVA_LIMIT') ? 'limit' : 'unwritable',
    className: className ?? '',
    bytes: source.bytes.subarray(start, end),
  };
}
