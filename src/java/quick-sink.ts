import { SmallMemory } from '../base/index.js';
import { BASE_HANDLE, STREAM_HEADER, TypeCode } from './constants.js';
import { UNFAMILIAR } from './unfamiliar.js';

/** Bytes that all cuts of one stream may make. Where they make more, it is read the plain way. */
const MAX_BYTES = 2 ** 20;

/** Up to this length a loop beats the call into native code. */
const SHORT = 48;

/** Where the cuts of one stream are made, before they get memory of their own. */
export class QuickSink {
  private bytes = Buffer.allocUnsafeSlow(2 ** 14);
  private length = 0;
  /** Where the cut at hand begins; where those before it end. */
  private start = 0;
  private readonly ends: number[] = [];
  private count = 0;
  private readonly memory = new SmallMemory();

  clear(): void {
    this.length = 0;
    this.start = 0;
    this.count = 0;
  }

  /** Of all cuts since it was cleared. */
  get byteLength(): number {
    return this.length;
  }

  /** Of the cut at hand, so far. */
  get cutLength(): number {
    return this.length - this.start;
  }

  beginCut(): void {
    this.start = this.length;
    this.copy(STREAM_HEADER, 0, STREAM_HEADER.length);
  }

  /** Returns the number of the cut. */
  endCut(): number {
    this.ends[this.count] = this.length;
    return this.count++;
  }

  dropCut(): void {
    this.length = this.start;
  }

  u8(value: number): void {
    const at = this.claim(1);
    this.bytes[at] = value;
  }

  reference(handle: number): void {
    const at = this.claim(5);
    const wire = BASE_HANDLE + handle;
    this.bytes[at] = TypeCode.REFERENCE;
    this.bytes[at + 1] = wire >>> 24;
    this.bytes[at + 2] = wire >>> 16;
    this.bytes[at + 3] = wire >>> 8;
    this.bytes[at + 4] = wire;
  }

  /** Appends `source[start, end)`. */
  copy(source: Buffer, start: number, end: number): void {
    const count = end - start;
    const at = this.claim(count);
    const { bytes } = this;
    if (count > SHORT) {
      source.copy(bytes, at, start, end);
      return;
    }
    for (let i = 0; i < count; i++) {
      bytes[at + i] = source[start + i] as number;
    }
  }

  /** How many cuts there are. */
  get cuts(): number {
    return this.count;
  }

  /** Where a cut ends in the memory of all; the next one begins there. */
  endOf(cut: number): number {
    return this.ends[cut] as number;
  }

  /** All cuts, one behind the other, in memory of their own. */
  takeMemory(): Buffer {
    const { length } = this;
    const memory = this.memory.take(length);
    this.bytes.copy(memory, 0, 0, length);
    return memory;
  }

  /** The cuts, in memory of their own. */
  take(): Buffer[] {
    const { ends, count } = this;
    const memory = this.takeMemory();
    if (count === 1) {
      return [memory];
    }
    const cuts: Buffer[] = [];
    let start = 0;
    for (let i = 0; i < count; i++) {
      const end = ends[i] as number;
      cuts.push(memory.subarray(start, end));
      start = end;
    }
    return cuts;
  }

  private claim(count: number): number {
    const at = this.length;
    const end = at + count;
    if (end > this.bytes.length) {
      this.grow(end);
    }
    this.length = end;
    return at;
  }

  private grow(needed: number): void {
    if (needed > MAX_BYTES) {
      throw UNFAMILIAR;
    }
    const grown = Buffer.allocUnsafeSlow(Math.min(MAX_BYTES, Math.max(needed, 2 * this.bytes.length)));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
