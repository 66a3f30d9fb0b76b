import type { DeferredDelta, DeltaCarrier, SessionRecord, UniqueId } from '../base/index.js';

/** Of one session, so much is deferred at most: whoever asks for it waits until that is carried out. */
const MAX_DELTAS = 16;
const MAX_BYTES = 16_384;

/** Of each: when it was said and when it came (doubles), and the length of its payload; or `ACCESS`, which has none. */
const RECEIVED_AT = 8;
const LENGTH_AT = 16;
const HEAD_BYTES = 20;
const ACCESS = -1;

/** Memory is got in multiples of that, and with it room for half as much again. */
const STEP_BYTES = 256;
const SPARE_FACTOR = 1.5;

/**
 * The deltas of one session that wait to be carried out: all from one sender, in one piece of memory. There are many, for a
 * second or so each: an object for each would be moved about by the garbage collector before it is garbage.
 */
export class DeferredDeltas {
  /** When the last of them came. */
  receivedAt: number;
  readonly #by: DeltaCarrier;
  readonly #sender: UniqueId;
  #bytes: Buffer;
  #end = 0;
  #count = 0;

  constructor(first: DeferredDelta) {
    this.#by = first.by;
    this.#sender = first.sender;
    this.receivedAt = first.receivedAt;
    this.#bytes = Buffer.allocUnsafeSlow(roomFor(HEAD_BYTES + (first.payload?.length ?? 0)));
    this.add(first);
  }

  get count(): number {
    return this.#count;
  }

  /** What they take in memory. */
  get byteLength(): number {
    return this.#bytes.length;
  }

  /** Whether there is room for one more, with a payload of so many bytes. */
  hasRoomFor(bytes: number): boolean {
    return this.#count < MAX_DELTAS && this.#end + bytes <= MAX_BYTES;
  }

  /** The payload is copied. */
  add({ payload, timestamp, receivedAt }: DeferredDelta): void {
    const start = this.#end;
    const end = start + HEAD_BYTES + (payload?.length ?? 0);
    if (end > this.#bytes.length) {
      this.#grow(roomFor(end));
    }
    const bytes = this.#bytes;
    bytes.writeDoubleBE(timestamp, start);
    bytes.writeDoubleBE(receivedAt, start + RECEIVED_AT);
    bytes.writeInt32BE(payload?.length ?? ACCESS, start + LENGTH_AT);
    if (payload !== null) {
      bytes.set(payload, start + HEAD_BYTES);
    }
    this.#end = end;
    this.#count++;
    this.receivedAt = receivedAt;
  }

  /** The session after them. */
  carryOut(record: SessionRecord): SessionRecord {
    return this.#by.carryOut(record, this.#all());
  }

  #all(): DeferredDelta[] {
    const bytes = this.#bytes;
    const deltas: DeferredDelta[] = [];
    for (let at = 0; at < this.#end;) {
      const length = bytes.readInt32BE(at + LENGTH_AT);
      const payloadAt = at + HEAD_BYTES;
      const end = payloadAt + Math.max(0, length);
      deltas.push({
        by: this.#by,
        sender: this.#sender,
        timestamp: bytes.readDoubleBE(at),
        receivedAt: bytes.readDoubleBE(at + RECEIVED_AT),
        payload: length === ACCESS ? null : bytes.subarray(payloadAt, end),
      });
      at = end;
    }
    return deltas;
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafeSlow(length);
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}

/** Whether the first of a session may be deferred. */
export function mayBeFirst(bytes: number): boolean {
  return bytes <= MAX_BYTES;
}

function roomFor(bytes: number): number {
  return Math.ceil((bytes * SPARE_FACTOR) / STEP_BYTES) * STEP_BYTES;
}
