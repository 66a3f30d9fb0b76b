import { TribesError, uniqueId, uniqueIdBytes, type UniqueId } from '../base/index.js';
import {
  decodeMemberPackage,
  encodeMemberPackage,
  UNIQUE_ID_LENGTH,
  type MemberPackage,
} from './member-package.js';
import { WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

/** One message with its header: `org.apache.catalina.tribes.io.ChannelData`, the data of a frame. */
export interface ChannelData {
  /** Union of the SEND_OPTIONS bits and the flags of interceptors. */
  readonly options: number;
  /** The sender's epoch milliseconds. */
  readonly timestamp: bigint;
  readonly uniqueId: UniqueId;
  /** Whoever sent it. */
  readonly member: MemberPackage;
  /**
   * The data package of `member` as it came, so that a receiver can recognise a sender by its bytes. Where present it
   * is written instead of `member`: whoever changes `member` leaves it out.
   */
  readonly memberBytes?: Buffer;
  /** What the interceptors made of the payload. */
  readonly message: Buffer;
}

/**
 * The same message with other bytes. Some of what was received is read when it is asked for, and a spread (`{ ...data }`) would leave
 * that out.
 */
export function withMessage(
  data: ChannelData,
  message: Buffer,
  {
    options = data.options,
    uniqueId: id = data.uniqueId,
  }: Partial<Pick<ChannelData, 'options' | 'uniqueId'>> = {},
): ChannelData {
  const { timestamp, member, memberBytes } = data;
  return { options, timestamp, uniqueId: id, member, message, ...(memberBytes && { memberBytes }) };
}

/** A copy that keeps nothing alive of what came with it: for what is held back. */
export function detached(data: ChannelData): ChannelData {
  const { options, timestamp, uniqueId: id, member, memberBytes, message } = data;
  return {
    ...{ options, timestamp, uniqueId: id, member, message: Buffer.from(message) },
    ...(memberBytes && { memberBytes: Buffer.from(memberBytes) }),
  };
}

const LAYOUT = 'ChannelData';
/** options, timestamp, and the lengths of id, member and message. */
const FIXED_LENGTH = 4 + 8 + 3 * 4;

/**
 * Reads the data of one frame. `message` and `memberBytes` are views of `bytes`. A receiver that knows its senders by
 * `memberBytes` passes its own `memberOf`.
 *
 * Errors: TRIBES_E_WIRE_TRUNCATED, TRIBES_E_WIRE_LENGTH, TRIBES_E_WIRE_TRAILING, and those of the member package.
 */
export function decodeChannelData(
  bytes: Buffer,
  memberOf: (memberBytes: Buffer) => MemberPackage = decodeMemberPackage,
): ChannelData {
  const reader = new WireReader(LAYOUT, bytes);
  const options = reader.readInt32('options');
  const timestamp = reader.readInt64('timestamp');
  const idAt = reader.offset;
  const id = reader.readCountedBytes('uniqueId');
  if (id.length !== UNIQUE_ID_LENGTH) {
    throw reader.lengthError('uniqueId', id.length, idAt, String(UNIQUE_ID_LENGTH));
  }
  const memberBytes = reader.readCountedBytes('member');
  const message = reader.readCountedBytes('message');
  reader.expectEnd();
  return { options, timestamp, uniqueId: uniqueId(id), member: memberOf(memberBytes), memberBytes, message };
}

/** Everything up to the bytes of the message, which follow and end the package. For gathering writes. */
export function encodeChannelDataHead(data: ChannelData): Buffer {
  return headWriter(data, 0).bytes;
}

/** Error: TRIBES_E_WIRE_UNENCODABLE for a unique id that is not 16 bytes long, and those of the member package. */
export function encodeChannelData(data: ChannelData): Buffer {
  return headWriter(data, data.message.length).writeBytes(data.message).bytes;
}

function headWriter(data: ChannelData, room: number): WireWriter {
  const id = uniqueIdBytes(data.uniqueId);
  if (id.length !== UNIQUE_ID_LENGTH) {
    const problem = `${id.length} bytes instead of ${UNIQUE_ID_LENGTH}`;
    throw new TribesError('TRIBES_E_WIRE_UNENCODABLE', { layout: LAYOUT, field: 'uniqueId', problem });
  }
  const member = data.memberBytes ?? encodeMemberPackage(data.member);
  return new WireWriter(FIXED_LENGTH + id.length + member.length + room)
    .writeInt32(data.options)
    .writeInt64(data.timestamp)
    .writeCountedBytes(id)
    .writeCountedBytes(member)
    .writeInt32(data.message.length);
}
