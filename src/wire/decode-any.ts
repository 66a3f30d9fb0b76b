import { writeStream } from '../java/index.js';
import { decodeChannelData, encodeChannelData } from './channel-data.js';
import { decodeFrames, encodeFrame, isAck, isFailAck, START_DATA } from './frame.js';
import { decodeJavaStream } from './java-layouts.js';
import {
  decodeMemberPackage,
  encodeMemberPackage,
  MEMBER_BEGIN,
  startsMemberPackage,
} from './member-package.js';
import { isJavaStream } from './message-class.js';
import { probeOf } from './probes.js';
import { SEND_OPTIONS } from './send-options.js';

/** What some bytes are and say. */
export interface Decoded {
  /** Name of the layout; `bytes` when they are of none that is known. */
  readonly layout: string;
  /** What the decoder of the layout returns. */
  readonly fields: unknown;
  /** What lies within and has a layout of its own. */
  readonly parts: readonly DecodedPart[];
  readonly bytes: Buffer;
  /** The same bytes again, written from what was decoded. */
  readonly encode: () => Buffer;
}

export interface DecodedPart {
  readonly name: string;
  readonly decoded: Decoded;
}

interface BytesLayout {
  readonly recognises: (bytes: Buffer) => boolean;
  readonly decode: (bytes: Buffer, nesting: number, as?: string) => Omit<Decoded, 'bytes'>;
}

const FRAMES: BytesLayout = { recognises: startsFrame, decode: frames };
const MEMBER_PACKAGE: BytesLayout = { recognises: startsMemberPackage, decode: memberPackage };
const CHANNEL_DATA: BytesLayout = { recognises: startsChannelData, decode: channelData };
const ACKNOWLEDGEMENT: BytesLayout = {
  recognises: (bytes) => isAck(bytes) || isFailAck(bytes),
  decode: acknowledgement,
};
const PROBE: BytesLayout = { recognises: (bytes) => probeOf(bytes) !== null, decode: probe };
const JAVA_STREAM: BytesLayout = { recognises: isJavaStream, decode: javaStream };

/** What a file or a datagram may be. */
const ANYTHING = [FRAMES, MEMBER_PACKAGE, JAVA_STREAM, CHANNEL_DATA, ACKNOWLEDGEMENT, PROBE];
/** What the data of a frame may be. */
const FRAME_DATA = [ACKNOWLEDGEMENT, CHANNEL_DATA];
/** What the message of a ChannelData may be. */
const MESSAGE = [PROBE, JAVA_STREAM];
const BYTE_MESSAGE = [PROBE];
/** What the byte arrays within messages may be. */
const VALUE = [JAVA_STREAM];

/** Messages within messages that are looked into; those of Tomcat have at most five levels. */
const MAX_NESTING = 16;

/**
 * Recognises bytes by how they begin and decodes them and all that lies within: a datagram or a piece of a connection
 * (whole frames), a heartbeat, a ChannelData, the message of one, or a Java stream within that.
 *
 * Errors: those of the layouts, when bytes begin as one of them and are not whole.
 */
export function decodeAny(bytes: Buffer): Decoded {
  return decodeAs(ANYTHING, bytes, 0);
}

function decodeAs(layouts: readonly BytesLayout[], bytes: Buffer, nesting: number, as?: string): Decoded {
  const layout = nesting < MAX_NESTING ? layouts.find(({ recognises }) => recognises(bytes)) : undefined;
  if (layout === undefined) {
    return { layout: 'bytes', fields: bytes, parts: [], bytes, encode: () => bytes };
  }
  return { ...layout.decode(bytes, nesting + 1, as), bytes };
}

function startsFrame(bytes: Buffer): boolean {
  return bytes.length >= START_DATA.length && START_DATA.equals(bytes.subarray(0, START_DATA.length));
}

/** The begin marker of the member package, behind options, time stamp, id and two lengths. */
const MEMBER_AT = 4 + 8 + 4 + 16 + 4;

function startsChannelData(bytes: Buffer): boolean {
  return startsMemberPackage(bytes.subarray(MEMBER_AT, MEMBER_AT + MEMBER_BEGIN.length));
}

function frames(bytes: Buffer, nesting: number): Omit<Decoded, 'bytes'> {
  const fields = decodeFrames(bytes);
  const parts = fields.map((data, index) => ({
    name: String(index),
    decoded: decodeAs(FRAME_DATA, data, nesting),
  }));
  return { layout: 'frames', fields, parts, encode: () => Buffer.concat(fields.map(encodeFrame)) };
}

function memberPackage(bytes: Buffer): Omit<Decoded, 'bytes'> {
  const fields = decodeMemberPackage(bytes);
  return { layout: 'member package', fields, parts: [], encode: () => encodeMemberPackage(fields) };
}

function channelData(bytes: Buffer, nesting: number): Omit<Decoded, 'bytes'> {
  const { options, timestamp, uniqueId, member, message } = decodeChannelData(bytes);
  const fields = { options, timestamp, uniqueId, member, message };
  const layouts = (options & SEND_OPTIONS.BYTE_MESSAGE) !== 0 ? BYTE_MESSAGE : MESSAGE;
  const parts = [{ name: 'message', decoded: decodeAs(layouts, message, nesting) }];
  return { layout: 'channel data', fields, parts, encode: () => encodeChannelData(fields) };
}

function acknowledgement(bytes: Buffer): Omit<Decoded, 'bytes'> {
  return {
    layout: 'acknowledgement',
    fields: isAck(bytes) ? 'ACK' : 'FAIL_ACK',
    parts: [],
    encode: () => bytes,
  };
}

function probe(bytes: Buffer): Omit<Decoded, 'bytes'> {
  return { layout: 'probe', fields: probeOf(bytes), parts: [], encode: () => bytes };
}

function javaStream(bytes: Buffer, nesting: number, as?: string): Omit<Decoded, 'bytes'> {
  const { layout, fields, parts, stream } = decodeJavaStream(bytes, as);
  return {
    layout,
    fields,
    parts: parts.map((part) => ({ name: part.name, decoded: decodeAs(VALUE, part.bytes, nesting, part.as) })),
    encode: () => writeStream(stream),
  };
}
