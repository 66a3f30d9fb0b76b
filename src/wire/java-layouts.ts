import { isTribesError, TribesError } from '../base/index.js';
import {
  graphInput,
  isValue,
  readStream,
  type JavaStream,
  type JavaValue,
  type ObjectInput,
} from '../java/index.js';
import { byteMessageOf } from './byte-message.js';
import { ClassName } from './class-names.js';
import { decodeDeltaRequest, deltaRequestOf } from './delta-request.js';
import { deltaSessionOf } from './delta-session.js';
import { fileMessageOf, undeployMessageOf } from './farm-message.js';
import { nameOf } from './java-fields.js';
import { javaMemberOf, javaMembersOf } from './java-member.js';
import { singleSignOnListenerOf } from './listener.js';
import { mapMessageOf, MapMessageType, type MapMessage } from './map-message.js';
import { mapEntriesOf, mapStateOf } from './map-values.js';
import { messageLimits } from './message-limits.js';
import { principalOf } from './principal.js';
import { rpcMessageOf } from './rpc-message.js';
import { readSessionList } from './session-list.js';
import { SessionEventType, sessionMessageOf, type SessionMessage } from './session-message.js';
import { singleSignOnEntryOf } from './sso-entry.js';
import { staticMemberMessageOf } from './static-member-message.js';
import { uniqueIdOf } from './unique-id.js';

/** What a Java stream says. */
export interface JavaDecoded {
  /** Name of the layout; `Java stream` when it is none of Tomcat's. */
  readonly layout: string;
  /** What the decoder of the layout returns; for `Java stream` the graph. */
  readonly fields: unknown;
  readonly parts: readonly Part[];
  /** The graph, which is written as it was read. */
  readonly stream: JavaStream;
}

/** Bytes within a message that have a layout of their own. */
export interface Part {
  readonly name: string;
  readonly bytes: Buffer;
  /** What they are, where the message says so. */
  readonly as?: string;
}

type Described = Pick<JavaDecoded, 'layout' | 'fields' | 'parts'>;
type ObjectLayout = (value: JavaValue) => Described;
type StreamLayout = (input: ObjectInput<JavaValue>) => Described;

function objectLayout<T>(
  layout: string,
  read: (value: JavaValue) => T,
  partsOf: (fields: T) => readonly Part[] = () => [],
): ObjectLayout {
  return (value) => {
    const fields = read(value);
    return { layout, fields, parts: partsOf(fields) };
  };
}

/** Streams that hold one object, by its class. A new message is one line here. */
const OBJECTS: ReadonlyMap<string, ObjectLayout> = new Map([
  [ClassName.MEMBER_IMPL, objectLayout('member object', javaMemberOf)],
  [ClassName.STATIC_MEMBER, objectLayout('member object', javaMemberOf)],
  [`[L${ClassName.MEMBER};`, objectLayout('member array', javaMembersOf)],
  [ClassName.STATIC_MEMBER_MESSAGE, objectLayout('static member message', staticMemberMessageOf)],
  [ClassName.UNIQUE_ID, objectLayout('unique id', uniqueIdOf)],
  [ClassName.BYTE_MESSAGE, objectLayout('byte message', byteMessageOf)],
  [ClassName.MAP_MESSAGE, objectLayout('map message', mapMessageOf, mapMessageParts)],
  [ClassName.MAP_STATE, objectLayout('map state', mapStateOf)],
  [ClassName.SESSION_MESSAGE, objectLayout('session message', sessionMessageOf, sessionMessageParts)],
  [ClassName.DELTA_REQUEST, objectLayout('delta request object', deltaRequestOf)],
  [ClassName.DELTA_SESSION, objectLayout('session object', deltaSessionOf)],
  [ClassName.SERIALIZABLE_PRINCIPAL, objectLayout('principal', principalOf)],
  [ClassName.HA_SERIALIZABLE_PRINCIPAL, objectLayout('principal', principalOf)],
  [
    ClassName.CLUSTER_SINGLE_SIGN_ON_LISTENER,
    objectLayout('single sign-on listener', singleSignOnListenerOf),
  ],
  [ClassName.SINGLE_SIGN_ON_ENTRY, objectLayout('single sign-on entry', singleSignOnEntryOf)],
  [ClassName.FILE_MESSAGE, objectLayout('file message', fileMessageOf)],
  [ClassName.UNDEPLOY_MESSAGE, objectLayout('undeploy message', undeployMessageOf)],
]);

/** Classes around another message. */
const ENVELOPES: ReadonlyMap<string, ObjectLayout> = new Map([
  [ClassName.RPC_MESSAGE, rpcMessage],
  [ClassName.NO_RPC_CHANNEL_REPLY, rpcMessage],
]);

/** What only the message around it tells apart from other objects. */
const NAMED_OBJECTS: ReadonlyMap<string, ObjectLayout> = new Map([
  ['map entries', objectLayout('map entries', mapEntriesOf, (entries) => entries.flatMap(entryParts))],
]);

/** Streams that are no single object, in the order in which they are tried. */
const STREAMS: ReadonlyMap<string, StreamLayout> = new Map<string, StreamLayout>([
  ['session list', sessionList],
  ['delta request', (input) => ({ layout: 'delta request', fields: decodeDeltaRequest(input), parts: [] })],
  ['new session id', (input) => ({ layout: 'new session id', fields: input.readUTF(), parts: [] })],
]);

/**
 * Says what a Java stream holds. `as` is the layout that it must have, when that is known from where it was found.
 *
 * Errors: those of the decoders, and of the stream codec.
 */
export function decodeJavaStream(bytes: Buffer, as?: string): JavaDecoded {
  const stream = readStream(bytes, messageLimits);
  const described = describeStream(stream, as);
  return { ...(described ?? { layout: 'Java stream', fields: stream, parts: [] }), stream };
}

function describeStream({ contents, opaque }: JavaStream, as = ''): Described | undefined {
  const streamLayout = STREAMS.get(as);
  if (streamLayout) {
    // What stands before an opaque value is worth being seen.
    return opaque
      ? streamLayout(graphInput(contents, opaque))
      : readToEnd(streamLayout, graphInput(contents));
  }
  const [content] = contents;
  if (opaque || content === undefined) {
    return undefined;
  }
  if (contents.length === 1 && isValue(content)) {
    const named = NAMED_OBJECTS.get(as);
    return named ? named(content) : describeObject(content, OBJECTS, ENVELOPES);
  }
  return firstThatReads(contents);
}

function firstThatReads(contents: JavaStream['contents']): Described | undefined {
  for (const layout of STREAMS.values()) {
    try {
      return readToEnd(layout, graphInput(contents));
    } catch (error) {
      if (!isTribesError(error)) {
        throw error;
      }
    }
  }
  return undefined;
}

function readToEnd(layout: StreamLayout, input: ObjectInput<JavaValue>): Described {
  const described = layout(input);
  const left = input.peek();
  if (left !== 'end') {
    const expected = 'the end of the stream';
    throw new TribesError('TRIBES_E_WIRE_CLASS', { layout: described.layout, expected, found: left });
  }
  return described;
}

function describeObject(
  value: JavaValue,
  ...tables: readonly ReadonlyMap<string, ObjectLayout>[]
): Described | undefined {
  if (value === null || !('desc' in value) || value.desc === null) {
    return undefined;
  }
  const className = nameOf(value.desc);
  return tables.map((table) => table.get(className)).find((layout) => layout !== undefined)?.(value);
}

function sessionList(input: ObjectInput<JavaValue>): Described {
  const { count, sessions } = readSessionList(input);
  return { layout: 'session list', fields: { count, sessions: [...sessions] }, parts: [] };
}

function rpcMessage(value: JavaValue): Described {
  const rpc = rpcMessageOf(value);
  const inner = 'message' in rpc ? describeObject(rpc.message, OBJECTS) : undefined;
  const fields = inner ? { ...rpc, message: inner.fields } : rpc;
  return {
    layout: inner ? `rpc message, ${inner.layout}` : 'rpc message',
    fields,
    parts: inner?.parts ?? [],
  };
}

const SESSION_LAYOUTS: ReadonlyMap<number, string> = new Map<number, string>([
  [SessionEventType.ALL_SESSION_DATA, 'session list'],
  [SessionEventType.SESSION_DELTA, 'delta request'],
  [SessionEventType.CHANGE_SESSION_ID, 'new session id'],
]);

function sessionMessageParts({ eventType, session }: SessionMessage): Part[] {
  const as = SESSION_LAYOUTS.get(eventType);
  return session === null ? [] : [{ name: 'session', bytes: session, ...(as === undefined ? {} : { as }) }];
}

function mapMessageParts(message: MapMessage): Part[] {
  const { msgtype, keydata, valuedata, diffvalue } = message;
  const isState = msgtype === MapMessageType.STATE || msgtype === MapMessageType.STATE_COPY;
  return [
    ...(keydata ? [{ name: 'keydata', bytes: keydata }] : []),
    ...(valuedata
      ? [{ name: 'valuedata', bytes: valuedata, ...(isState ? { as: 'map entries' } : {}) }]
      : []),
    ...(diffvalue ? [{ name: 'diffvalue', bytes: diffvalue }] : []),
  ];
}

function entryParts(entry: MapMessage, index: number): Part[] {
  return mapMessageParts(entry).map((part) => ({ ...part, name: `${index}.${part.name}` }));
}
