import { TribesError } from '../base/index.js';
import { ARCHIVE_LIMITS } from './archive.js';

/** A part with its length before it, and where in the file that stands. */
export interface RawPart {
  readonly offset: number;
  /** Length included. */
  readonly whole: Buffer;
  readonly part: Buffer;
}

const MAX_LENGTH_BYTES = 5;

/** Cuts a stream of bytes into parts. Holds no more than one part, and of that only what has come. */
export class PartSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #offset = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Where the next part begins. */
  get offset(): number {
    return this.#offset;
  }

  /** Undefined at the end. Errors: TRIBES_E_ARCHIVE_CUT, TRIBES_E_ARCHIVE_LIMIT, TRIBES_E_ARCHIVE_DAMAGED, those of the stream. */
  async next(): Promise<RawPart | undefined> {
    if (!(await this.#fill(1))) {
      return undefined;
    }
    const { length, lengthBytes } = await this.#length();
    const offset = this.#offset;
    if (length > ARCHIVE_LIMITS.maxPartBytes) {
      const { maxPartBytes: max } = ARCHIVE_LIMITS;
      throw new TribesError('TRIBES_E_ARCHIVE_LIMIT', { offset, what: 'its length', found: length, max });
    }
    if (!(await this.#fill(lengthBytes + length))) {
      throw this.#cut(`a part of ${length} bytes has ${this.#pendingBytes - lengthBytes}`);
    }
    const whole = this.#take(lengthBytes + length);
    return { offset, whole, part: whole.subarray(lengthBytes) };
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #length(): Promise<{ length: number; lengthBytes: number }> {
    let length = 0;
    for (let place = 0; place < MAX_LENGTH_BYTES; place++) {
      if (!(await this.#fill(place + 1))) {
        throw this.#cut('within the length of a part');
      }
      const byte = this.#peek(place);
      length += (byte & 0x7f) * 2 ** (7 * place);
      if (byte < 0x80) {
        return { length, lengthBytes: place + 1 };
      }
    }
    throw new TribesError('TRIBES_E_ARCHIVE_DAMAGED', { offset: this.#offset, reason: 'it has no length' });
  }

  /** False when the stream ends before that many bytes are there. */
  async #fill(bytes: number): Promise<boolean> {
    while (this.#pendingBytes < bytes) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        return false;
      }
      const chunk: Uint8Array = next.value;
      this.#pending.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      this.#pendingBytes += chunk.byteLength;
    }
    return true;
  }

  #peek(place: number): number {
    let left = place;
    for (const chunk of this.#pending) {
      if (left < chunk.length) {
        return chunk[left] ?? 0;
      }
      left -= chunk.length;
    }
    throw new RangeError('nothing is there yet');
  }

  #take(bytes: number): Buffer {
    const all = this.#pending.length === 1 ? (this.#pending[0] as Buffer) : Buffer.concat(this.#pending);
    const rest = all.subarray(bytes);
    this.#pending = rest.length === 0 ? [] : [rest];
    this.#pendingBytes = rest.length;
    this.#offset += bytes;
    return all.subarray(0, bytes);
  }

  #cut(reason: string): TribesError {
    return new TribesError('TRIBES_E_ARCHIVE_CUT', { offset: this.#offset + this.#pendingBytes, reason });
  }
}
