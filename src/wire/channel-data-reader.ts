import { uniqueId, type UniqueId } from '../base/index.js';
import { holdsAt } from './bytes-at.js';
import { decodeChannelData, type ChannelData } from './channel-data.js';
import { UNIQUE_ID_LENGTH, type MemberPackage } from './member-package.js';

const TIMESTAMP_AT = 4;
const ID_LENGTH_AT = TIMESTAMP_AT + 8;
const ID_AT = ID_LENGTH_AT + 4;
const MEMBER_LENGTH_AT = ID_AT + UNIQUE_ID_LENGTH;
const LENGTH_BYTES = 4;

/** Who sent a message, and how it stands in the header. */
interface Sender {
  readonly member: MemberPackage;
  /** The data package of `member`, with its length before it. */
  readonly countedBytes: Buffer;
}

/**
 * Reads what comes on one connection, as `decodeChannelData` does. A sender says the same of itself for as long as its
 * heartbeat does: then its header is recognised, and nothing of it decoded.
 */
export class ChannelDataReader {
  #sender: Sender | undefined;

  /**
   * The package from `start` up to, not including, `end`. `member` is the same object for as long as the sender says the
   * same of itself. What is seldom asked for is read when it is asked for: a copy by its enumerable properties has it not.
   *
   * Errors: those of `decodeChannelData`.
   */
  read(bytes: Buffer, start = 0, end = bytes.length): ChannelData {
    const known = this.#sender;
    const isKnown = known !== undefined && isFrom(known, bytes, start, end);
    return new ReceivedData(bytes, start, end, isKnown ? known : this.#meet(bytes.subarray(start, end)));
  }

  #meet(bytes: Buffer): Sender {
    const { member, memberBytes } = decodeChannelData(bytes);
    const memberEnd = MEMBER_LENGTH_AT + LENGTH_BYTES + (memberBytes?.length ?? 0);
    this.#sender = { member, countedBytes: Buffer.from(bytes.subarray(MEMBER_LENGTH_AT, memberEnd)) };
    return this.#sender;
  }
}

/** Whether the bytes are, to the last length, a package of this sender. */
function isFrom({ countedBytes }: Sender, bytes: Buffer, start: number, end: number): boolean {
  const messageAt = start + MEMBER_LENGTH_AT + countedBytes.length + LENGTH_BYTES;
  return (
    messageAt <= end &&
    bytes.readInt32BE(messageAt - LENGTH_BYTES) === end - messageAt &&
    bytes.readInt32BE(start + ID_LENGTH_AT) === UNIQUE_ID_LENGTH &&
    holdsAt(bytes, start + MEMBER_LENGTH_AT, countedBytes)
  );
}

/** When a package was sent, in the sender's epoch milliseconds: every message is asked for this, and a bigint is not needed. */
export function sentAt(data: ChannelData): number {
  return data instanceof ReceivedData ? data.sentAt : Number(data.timestamp);
}

class ReceivedData implements ChannelData {
  readonly options: number;
  readonly member: MemberPackage;
  readonly message: Buffer;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #memberEnd: number;

  constructor(bytes: Buffer, start: number, end: number, { member, countedBytes }: Sender) {
    const memberEnd = start + MEMBER_LENGTH_AT + countedBytes.length;
    this.options = bytes.readInt32BE(start);
    this.member = member;
    this.message = bytes.subarray(memberEnd + LENGTH_BYTES, end);
    this.#bytes = bytes;
    this.#start = start;
    this.#memberEnd = memberEnd;
  }

  get timestamp(): bigint {
    return this.#bytes.readBigInt64BE(this.#start + TIMESTAMP_AT);
  }

  /** The same, rounded as Number(bigint) rounds. */
  get sentAt(): number {
    const at = this.#start + TIMESTAMP_AT;
    return this.#bytes.readInt32BE(at) * 2 ** 32 + this.#bytes.readUInt32BE(at + 4);
  }

  get uniqueId(): UniqueId {
    return uniqueId(this.#bytes.subarray(this.#start + ID_AT, this.#start + MEMBER_LENGTH_AT));
  }

  get memberBytes(): Buffer {
    return this.#bytes.subarray(this.#start + MEMBER_LENGTH_AT + LENGTH_BYTES, this.#memberEnd);
  }
}
