/**
 * To get memory costs as much as to copy a kilobyte. So what is small shares a piece of memory with what comes next; but a
 * small one, because each of them keeps all of it.
 */
const SHARED_BYTES = 2048;
const MAX_SHARE = 512;

/** Memory for things of some hundred bytes, each for as long as it is needed. */
export class SmallMemory {
  #shared = Buffer.alloc(0);
  #taken = 0;

  /** So many bytes, which hold anything. */
  take(length: number): Buffer {
    if (length > MAX_SHARE) {
      return Buffer.allocUnsafeSlow(length);
    }
    if (this.#taken + length > this.#shared.length) {
      this.#shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
      this.#taken = 0;
    }
    const start = this.#taken;
    this.#taken = start + length;
    return this.#shared.subarray(start, this.#taken);
  }

  /** The same bytes. */
  copy(bytes: Buffer): Buffer {
    const copied = this.take(bytes.length);
    bytes.copy(copied);
    return copied;
  }
}
