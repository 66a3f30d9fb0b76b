import { TribesError, uniqueId, uniqueIdBytes, type UniqueId } from '../base/index.js';
import { WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

/**
 * A member as it stands in heartbeats and in the header of every message: the data package of
 * `org.apache.catalina.tribes.membership.MemberImpl`.
 */
export interface MemberPackage {
  /** Milliseconds since the member's membership service started; meaningless inside Java-serialised members. */
  readonly aliveTime: bigint;
  readonly port: number;
  /** -1 when unused. */
  readonly securePort: number;
  /** -1 when UDP reception is off. */
  readonly udpPort: number;
  /** Raw address, 4 or 16 bytes (0 to 127 are tolerated). */
  readonly host: Buffer;
  /** Empty, or SHUTDOWN_PAYLOAD. */
  readonly command: Buffer;
  readonly domain: Buffer;
  readonly uniqueId: UniqueId;
  readonly payload: Buffer;
}

/** `MemberImpl.TRIBES_MBR_BEGIN`: "TRIBES-B", version 1.0. */
export const MEMBER_BEGIN = Buffer.from('5452494245532d420100', 'hex');

/** `MemberImpl.TRIBES_MBR_END`: "TRIBES-E", version 1.0. */
export const MEMBER_END = Buffer.from('5452494245532d450100', 'hex');

/** `Member.SHUTDOWN_PAYLOAD`, the command of a member that leaves: "BABY-ALEX". */
export const SHUTDOWN_PAYLOAD = Buffer.from('BABY-ALEX', 'latin1');

/** Bytes of a unique id, which has no length prefix here. */
export const UNIQUE_ID_LENGTH = 16;

/** The length field of a host is one signed byte (`MemberImpl.getData`). */
const MAX_HOST_LENGTH = 127;

const LAYOUT = 'member package';
/** aliveTime, three ports, host length, three int32 lengths, unique id. */
const FIXED_BODY_LENGTH = 8 + 3 * 4 + 1 + 3 * 4 + UNIQUE_ID_LENGTH;
const AROUND_BODY_LENGTH = MEMBER_BEGIN.length + 4 + MEMBER_END.length;

/** True when `bytes` begins as a heartbeat does, so that a datagram is one (`McastServiceImpl.receive`). */
export function startsMemberPackage(bytes: Uint8Array): boolean {
  return bytes.length >= MEMBER_BEGIN.length && MEMBER_BEGIN.equals(bytes.subarray(0, MEMBER_BEGIN.length));
}

/**
 * Reads the package at `offset`, of which at most `length` bytes are there. Bytes behind it, and behind the last field
 * of its body, are passed over, as by `MemberImpl.getMember`. The result holds no reference to `bytes`.
 *
 * Errors: TRIBES_E_WIRE_MARKER, TRIBES_E_WIRE_TRUNCATED, TRIBES_E_WIRE_LENGTH.
 */
export function decodeMemberPackage(
  bytes: Buffer,
  offset = 0,
  length = bytes.length - offset,
): MemberPackage {
  const outer = new WireReader(LAYOUT, bytes, offset, offset + length);
  outer.expectMarker('begin marker', MEMBER_BEGIN);
  const bodyAt = outer.offset;
  const bodyView = outer.readCountedBytes('body');
  outer.expectMarker('end marker', MEMBER_END);
  // A copy, since members are kept and must not keep a whole receive buffer alive.
  return decodeBody(new WireReader(LAYOUT, Buffer.from(bodyView)), bodyAt + 4);
}

function decodeBody(body: WireReader, bodyOffset: number): MemberPackage {
  const aliveTime = body.readInt64('aliveTime');
  const port = body.readInt32('port');
  const securePort = body.readInt32('securePort');
  const udpPort = body.readInt32('udpPort');
  const hostLengthAt = bodyOffset + body.offset;
  const hostLength = body.readInt8('length of host');
  if (hostLength < 0) {
    throw body.lengthError('host', hostLength, hostLengthAt, `0 to ${MAX_HOST_LENGTH}`);
  }
  return {
    aliveTime,
    port,
    securePort,
    udpPort,
    host: body.readBytes('host', hostLength),
    command: body.readCountedBytes('command'),
    domain: body.readCountedBytes('domain'),
    uniqueId: uniqueId(body.readBytes('uniqueId', UNIQUE_ID_LENGTH)),
    payload: body.readCountedBytes('payload'),
  };
}

/** Error: TRIBES_E_WIRE_UNENCODABLE for a host of more than 127 bytes or a unique id that is not 16 bytes long. */
export function encodeMemberPackage(member: MemberPackage): Buffer {
  const { host, command, domain, payload } = member;
  const id = uniqueIdBytes(member.uniqueId);
  if (host.length > MAX_HOST_LENGTH) {
    throw unencodable('host', `${host.length} bytes are more than ${MAX_HOST_LENGTH}`);
  }
  if (id.length !== UNIQUE_ID_LENGTH) {
    throw unencodable('uniqueId', `${id.length} bytes instead of ${UNIQUE_ID_LENGTH}`);
  }
  const bodyLength = FIXED_BODY_LENGTH + host.length + command.length + domain.length + payload.length;
  return new WireWriter(AROUND_BODY_LENGTH + bodyLength)
    .writeBytes(MEMBER_BEGIN)
    .writeInt32(bodyLength)
    .writeInt64(member.aliveTime)
    .writeInt32(member.port)
    .writeInt32(member.securePort)
    .writeInt32(member.udpPort)
    .writeInt8(host.length)
    .writeBytes(host)
    .writeCountedBytes(command)
    .writeCountedBytes(domain)
    .writeBytes(id)
    .writeCountedBytes(payload)
    .writeBytes(MEMBER_END).bytes;
}

function unencodable(field: string, problem: string): TribesError {
  return new TribesError('TRIBES_E_WIRE_UNENCODABLE', { layout: LAYOUT, field, problem });
}
