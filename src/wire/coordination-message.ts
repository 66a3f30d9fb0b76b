import { type UniqueId, uniqueId, uniqueIdBytes } from '../base/index.js';
import {
  decodeMemberPackage,
  encodeMemberPackage,
  UNIQUE_ID_LENGTH,
  type MemberPackage,
} from './member-package.js';
import { WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

/** `NonBlockingCoordinator.COORD_HEADER`. */
export const COORD_HEADER = Buffer.from('aa26dee39e5a413faf86fa9263ca0d3f', 'hex');

/** `NonBlockingCoordinator.COORD_ALIVE`: nobody sends it, and whoever gets it swallows it. */
export const COORD_ALIVE = Buffer.from(
  '4f87e7f1c505405eb37189a83472c8d2ee660a2281f74773ba489b5848847f6f' +
    '4a4c8c326f674103b333dd00777509e67732b5979a244f25bcac850fea936ac9',
  'hex',
);

/** The last field: `NonBlockingCoordinator.COORD_REQUEST` and `COORD_CONF`. */
const TYPES = {
  request: Buffer.from('68a1a4d672dc47edb1147a65ffd0cf1e', 'hex'),
  confirmation: Buffer.from('43586baa45174cbaa5e9a9e783564b14', 'hex'),
} as const;

export type CoordinationType = keyof typeof TYPES;

/** `NonBlockingCoordinator.CoordinationMessage`. */
export interface CoordinationMessage {
  readonly leader: MemberPackage;
  /** Who began the election. */
  readonly source: MemberPackage;
  /** In absolute order. */
  readonly members: readonly MemberPackage[];
  /** Of the view that is proposed or confirmed. */
  readonly id: UniqueId;
  readonly type: CoordinationType;
}

const LAYOUT = 'coordination message';

/** Whether a message field is COORD_ALIVE, with or without more behind it. */
export function startsAlive(message: Buffer): boolean {
  return startsWith(message, COORD_ALIVE);
}

/** Whether a message field is one, or pretends to be. */
export function startsCoordination(message: Buffer): boolean {
  return startsWith(message, COORD_HEADER);
}

/**
 * Errors: TRIBES_E_WIRE_MARKER, TRIBES_E_WIRE_TRUNCATED, TRIBES_E_WIRE_LENGTH.
 *
 * @param maxMembers more are refused.
 */
export function decodeCoordinationMessage(bytes: Buffer, maxMembers: number): CoordinationMessage {
  const reader = new WireReader(LAYOUT, bytes);
  reader.expectMarker('header', COORD_HEADER);
  const leader = decodeMemberPackage(reader.readCountedBytes('leader'));
  const source = decodeMemberPackage(reader.readCountedBytes('source'));
  const at = reader.offset;
  const count = reader.readInt32('number of members');
  if (count < 0 || count > maxMembers) {
    throw reader.lengthError('members', count, at, `0 to ${maxMembers}`);
  }
  const members = Array.from({ length: count }, () => decodeMemberPackage(reader.readCountedBytes('member')));
  const id = uniqueId(reader.readBytes('id', UNIQUE_ID_LENGTH));
  const isRequest = bytes.subarray(reader.offset).equals(TYPES.request);
  if (!isRequest) {
    reader.expectMarker('type', TYPES.confirmation);
  }
  return { leader, source, members, id, type: isRequest ? 'request' : 'confirmation' };
}

export function encodeCoordinationMessage(message: CoordinationMessage): Buffer {
  const leader = encodeMemberPackage(message.leader);
  const source = encodeMemberPackage(message.source);
  const members = message.members.map(encodeMemberPackage);
  const lengths = [leader, source, ...members].reduce((sum, { length }) => sum + 4 + length, 0);
  const writer = new WireWriter(COORD_HEADER.length + lengths + 4 + 2 * UNIQUE_ID_LENGTH)
    .writeBytes(COORD_HEADER)
    .writeCountedBytes(leader)
    .writeCountedBytes(source)
    .writeInt32(members.length);
  members.forEach((member) => writer.writeCountedBytes(member));
  return writer.writeBytes(uniqueIdBytes(message.id)).writeBytes(TYPES[message.type]).bytes;
}

function startsWith(message: Buffer, prefix: Buffer): boolean {
  return message.length >= prefix.length && message.subarray(0, prefix.length).equals(prefix);
}
