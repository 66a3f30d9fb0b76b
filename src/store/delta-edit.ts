import {
  defaultJavaLimits,
  isTribesError,
  type DeferredDelta,
  type SessionRecord,
  type ShareGroup,
} from '../base/index.js';
import { cut, scanInput } from '../java/index.js';
import {
  decodeDeltaRequest,
  ignoreDialect,
  readQuickDelta,
  type QuickChanges,
  type QuickDelta,
} from '../wire/index.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { RecordParts } from './record-codec.js';
import { decodeHead, writeHead, type GroupNames } from './record-head.js';
import { checkState, EditFormat, writeState } from './record-state.js';
import { asItIs, viewStream, writeStream, type RestingStream } from './stream-codec.js';

/**
 * The edit of a record by a delta, as it came:
 *
 *     u8 DELTA | state | double timestamp, receivedAt | payload of EVT_SESSION_DELTA, or nothing: an access
 */
const writer = new ByteWriter();

/** The edit that carries out `delta` upon the session. Good until the next is made. */
export function encodeDelta(
  before: Pick<SessionRecord, 'creationTime' | 'receivedAt' | 'version'>,
  { timestamp, receivedAt, payload }: DeferredDelta,
): Buffer {
  writer.clear();
  writer.writeUInt8(EditFormat.DELTA);
  writeState(writer, before);
  writer.writeDouble(timestamp);
  writer.writeDouble(receivedAt);
  if (payload !== null) {
    writer.writeBytes(payload);
  }
  return writer.view();
}

/** The parts of the record that the delta makes; the reader is behind its format. Error: TRIBES_E_STORE_RECORD. */
export function applyDelta(before: RecordParts | undefined, reader: ByteReader): RecordParts {
  checkState(reader, before?.head);
  const { head, body } = before as RecordParts;
  const timestamp = reader.readDouble('timestamp');
  const receivedAt = reader.readDouble('receivedAt');
  const payload = reader.readBytes('delta', reader.left);
  const fields = decodeHead(head);
  const delta = payload.length === 0 ? ACCESS : readDelta(payload, reader);
  const streams = new ByteReader(body);
  const values = new Map<string, Value>();
  for (const names of fields.groups) {
    const [name, ...others] = names.names;
    if (name === undefined || others.length > 0) {
      throw reader.error('a record of which no values share anything', `a group of ${1 + others.length}`);
    }
    values.set(name, { names, stream: viewStream(streams) });
  }
  for (const { names, stream } of delta.attributes.set) {
    values.set(names[0] as string, { names: { names }, stream: asItIs(stream) });
  }
  delta.attributes.removed.forEach((name) => values.delete(name));
  const changed = {
    ...fields,
    attributes: [...values.values()].map(({ names }) => names),
    lastAccessedTime: timestamp,
    thisAccessedTime: timestamp,
    receivedAt,
    isNew: false,
    maxInactiveInterval: delta.maxInactiveInterval ?? fields.maxInactiveInterval,
    version: fields.version + 1,
  };
  return { head: headOf(changed), body: bodyOf(values.values(), streams) };
}

interface Value {
  readonly names: GroupNames;
  readonly stream: RestingStream;
}

function headOf(fields: Parameters<typeof writeHead>[1]): Buffer {
  const head = new ByteWriter();
  writeHead(head, fields);
  return head.toBuffer();
}

/** `before`: behind the attributes. */
function bodyOf(values: Iterable<Value>, before: ByteReader): Buffer {
  const body = new ByteWriter();
  for (const { stream } of values) {
    writeStream(body, stream);
  }
  body.writeBytes(before.readBytes('what is behind the attributes', before.left));
  return body.toBuffer();
}

const NONE: QuickChanges = { set: [], removed: [] };
const ACCESS: PlainDelta = { attributes: NONE };

type PlainDelta = Pick<QuickDelta, 'attributes' | 'maxInactiveInterval'>;

/** Whatever the process has learned of its classes by now. */
function readDelta(payload: Buffer, reader: ByteReader): PlainDelta {
  try {
    return readQuickDelta(payload, ignoreDialect, defaultJavaLimits) ?? readSlowly(payload, reader);
  } catch (error) {
    if (isTribesError(error)) {
      throw reader.error('a delta that can be read', error.message, { cause: error });
    }
    throw error;
  }
}

function readSlowly(payload: Buffer, reader: ByteReader): PlainDelta {
  const set: ShareGroup[] = [];
  const removed: string[] = [];
  let interval: { readonly maxInactiveInterval?: number } = {};
  const { actions, brokenOff } = decodeDeltaRequest(scanInput(payload), ignoreDialect);
  if (brokenOff !== undefined) {
    throw reader.error('a delta that can be read', brokenOff.cause.message);
  }
  for (const action of actions) {
    if (action.type === 'maxInactiveInterval') {
      interval = { maxInactiveInterval: action.value };
    } else if (action.type === 'attribute') {
      const { name, value } = action;
      if (action.action === 'remove' || value === undefined || value.kind === 'null') {
        removed.push(name);
      } else {
        set.push({ names: [name], stream: cut([value]) });
      }
    }
  }
  return { attributes: { set, removed }, ...interval };
}
