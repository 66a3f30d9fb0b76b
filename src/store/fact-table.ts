import type { FactStore } from '../base/index.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { HideName } from './session-key.js';
import type { Write } from './write-batch.js';

const MAX_KEY_BYTES = 1024;
const ROW_KEY_BYTES = 20;

/** Facts, all of them in memory. */
export class FactTable implements FactStore {
  readonly #facts = new Map<string, Buffer>();
  readonly #onChange: (key: string, value: Buffer | null) => void;

  /** `onChange` is told of every change, null for one that is deleted; it throws to refuse it. */
  constructor(onChange: (key: string, value: Buffer | null) => void) {
    this.#onChange = onChange;
  }

  get(key: string): Buffer | undefined {
    const value = this.#facts.get(key);
    return value && Buffer.from(value);
  }

  put(key: string, value: Buffer): void {
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
      throw new RangeError(`the key of a fact is longer than ${MAX_KEY_BYTES} bytes`);
    }
    const kept = Buffer.from(value);
    this.#onChange(key, kept);
    this.#facts.set(key, kept);
  }

  delete(key: string): boolean {
    if (!this.#facts.has(key)) {
      return false;
    }
    this.#onChange(key, null);
    return this.#facts.delete(key);
  }

  entries(prefix: string): Iterable<readonly [string, Buffer]> {
    return [...this.#facts]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, Buffer.from(value)]);
  }

  /** Takes over the value of a `factRow`. Error: TRIBES_E_STORE_RECORD. */
  restore(row: Buffer): void {
    const reader = new ByteReader(row);
    const key = reader.readText('key of a fact');
    this.#facts.set(key, Buffer.from(reader.readBytes('fact', reader.left)));
  }
}

/** One for all rows: what it makes is copied. */
const writer = new ByteWriter();

/** Row of `facts`. It rests under a hash, since keys may be longer than those of LMDB, and tell something. */
export function factRow(key: string, value: Buffer | null, hide: HideName): Write {
  const rowKey = Buffer.from(hide(Buffer.from(key, 'utf16le')).subarray(0, ROW_KEY_BYTES));
  if (value === null) {
    return { database: 'facts', key: rowKey, value };
  }
  writer.clear();
  writer.writeText(key);
  writer.writeBytes(value);
  return { database: 'facts', key: rowKey, value: writer.toBuffer() };
}
