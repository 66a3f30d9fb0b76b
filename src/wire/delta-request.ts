import { isTribesError, TribesError } from '../base/index.js';
import type { JavaValue, ObjectInput, ObjectOutput } from '../java/index.js';
import { ClassName } from './class-names.js';
import { ignoreDialect, type DialectObserver } from './dialect.js';
import { annotationInput, readCount } from './java-external.js';
import { expectObject } from './java-fields.js';

/** What changed in one session: `org.apache.catalina.ha.session.DeltaRequest`. `V` is what an object is to the reader. */
export interface DeltaRequest<V> {
  readonly sessionId: string;
  readonly recordAllActions: boolean;
  /** To be carried out in this order. */
  readonly actions: readonly DeltaAction<V>[];
  /** Set when the value of an action is opaque, and with it all the rest: the actions before it were read. */
  readonly brokenOff?: BrokenOffDelta;
}

/** Where reading had to end: at a value that cannot be understood without its class. */
export interface BrokenOffDelta {
  readonly type: DeltaAction<unknown>['type'];
  readonly action: 'set' | 'remove';
  readonly name: string;
  readonly cause: TribesError<'TRIBES_E_JAVA_OPAQUE'>;
}

/** One change. A removal has no value, except that of a listener. */
export type DeltaAction<V> =
  | (NamedAction & {
      readonly type: 'attribute' | 'principal' | 'listener' | 'note';
      readonly value: V | undefined;
    })
  | (NamedAction & { readonly type: 'isNew'; readonly value: boolean })
  /** Seconds. */
  | (NamedAction & { readonly type: 'maxInactiveInterval'; readonly value: number })
  | (NamedAction & { readonly type: 'authType'; readonly value: string | undefined })
  /** Of a release to come: to be passed over (`DeltaRequest.execute`). */
  | (NamedAction & { readonly type: 'unknown'; readonly code: number; readonly value: V | undefined });

interface NamedAction {
  readonly action: 'set' | 'remove';
  readonly name: string;
}

/** Names of the actions that are not about an attribute or a note (`DeltaRequest.NAME_*`). */
export const DeltaActionName = {
  PRINCIPAL: '__SET__PRINCIPAL__',
  ISNEW: '__SET__ISNEW__',
  MAXINTERVAL: '__SET__MAXINTERVAL__',
  AUTHTYPE: '__SET__AUTHTYPE__',
  LISTENER: '__SET__LISTENER__',
} as const;

type KnownType = Exclude<DeltaAction<unknown>['type'], 'unknown'>;

/** `DeltaRequest.TYPE_*`, by code. */
export const DELTA_TYPES: readonly KnownType[] = [
  'attribute',
  'principal',
  'isNew',
  'maxInactiveInterval',
  'authType',
  'listener',
  'note',
];

/** `DeltaRequest.ACTION_*`. */
export const DeltaActionCode = { SET: 0, REMOVE: 1 } as const;

const LAYOUT = 'DeltaRequest';

/**
 * Reads the payload of EVT_SESSION_DELTA, and a diff of a replicated map: a stream without an object around it
 * (`DeltaRequest.readExternal`).
 *
 * Errors: TRIBES_E_WIRE_FIELD, and those of the stream codec.
 */
export function decodeDeltaRequest<V>(
  input: ObjectInput<V>,
  observe: DialectObserver = ignoreDialect,
): DeltaRequest<V> {
  const sessionId = input.readUTF();
  const recordAllActions = input.readBoolean();
  const count = readCount(LAYOUT, 'number of actions', input.readInt());
  const actions: DeltaAction<V>[] = [];
  let brokenOff: BrokenOffDelta | undefined;
  while (actions.length < count && brokenOff === undefined) {
    const head = decodeHead(input);
    try {
      actions.push(decodeValue(head, input));
    } catch (cause) {
      if (!isTribesError(cause, 'TRIBES_E_JAVA_OPAQUE')) {
        throw cause;
      }
      brokenOff = { type: DELTA_TYPES[head.code] ?? 'unknown', action: head.action, name: head.name, cause };
    }
  }
  if (actions.some(({ type }) => type === 'note')) {
    observe({ seen: 'noteAction' });
  }
  return { sessionId, recordAllActions, actions, ...(brokenOff && { brokenOff }) };
}

interface ActionHead extends NamedAction {
  readonly code: number;
  readonly hasValue: boolean;
}

function decodeHead(input: ObjectInput<unknown>): ActionHead {
  const code = input.readInt();
  const action = actionOf(input.readInt());
  const name = input.readUTF();
  return { code, action, name, hasValue: input.readBoolean() };
}

function decodeValue<V>({ code, action, name, hasValue }: ActionHead, input: ObjectInput<V>): DeltaAction<V> {
  const type = DELTA_TYPES[code];
  switch (type) {
    case 'isNew':
      requireValue(name, hasValue);
      return { type, action, name, value: input.readBooleanObject() };
    case 'maxInactiveInterval':
      requireValue(name, hasValue);
      return { type, action, name, value: input.readIntegerObject() };
    case 'authType':
      return { type, action, name, value: hasValue ? (input.readStringObject() ?? undefined) : undefined };
    case undefined:
      return { type: 'unknown', code, action, name, value: hasValue ? input.readObject() : undefined };
    default:
      return { type, action, name, value: hasValue ? input.readObject() : undefined };
  }
}

function actionOf(code: number): 'set' | 'remove' {
  const { SET, REMOVE } = DeltaActionCode;
  if (code !== SET && code !== REMOVE) {
    throw wrong('action', `${SET} or ${REMOVE}`, String(code));
  }
  return code === SET ? 'set' : 'remove';
}

function requireValue(name: string, hasValue: boolean): void {
  if (!hasValue) {
    throw wrong(`value of ${name}`, 'an object', 'nothing');
  }
}

function wrong(field: string, expected: string, found: string): TribesError {
  return new TribesError('TRIBES_E_WIRE_FIELD', { layout: LAYOUT, field, expected, found });
}

/** Writes what `decodeDeltaRequest` reads (`DeltaRequest.writeExternal`). */
export function encodeDeltaRequest<V>(delta: DeltaRequest<V>, output: ObjectOutput<V>): void {
  output.writeUTF(delta.sessionId);
  output.writeBoolean(delta.recordAllActions);
  output.writeInt(delta.actions.length);
  for (const action of delta.actions) {
    encodeAction(action, output);
  }
}

function encodeAction<V>(action: DeltaAction<V>, output: ObjectOutput<V>): void {
  output.writeInt(action.type === 'unknown' ? action.code : DELTA_TYPES.indexOf(action.type));
  output.writeInt(action.action === 'set' ? DeltaActionCode.SET : DeltaActionCode.REMOVE);
  output.writeUTF(action.name);
  output.writeBoolean(action.value !== undefined);
  if (action.value === undefined) {
    return;
  }
  switch (action.type) {
    case 'isNew':
      output.writeBooleanObject(action.value);
      break;
    case 'maxInactiveInterval':
      output.writeIntegerObject(action.value);
      break;
    case 'authType':
      output.writeStringObject(action.value);
      break;
    default:
      output.writeObject(action.value);
  }
}

/** A delta request that was written as an object. Tomcat sends none. */
export function deltaRequestOf(
  value: JavaValue,
  observe: DialectObserver = ignoreDialect,
): DeltaRequest<JavaValue> {
  const object = expectObject(LAYOUT, value, ClassName.DELTA_REQUEST);
  return decodeDeltaRequest(annotationInput(LAYOUT, object), observe);
}
