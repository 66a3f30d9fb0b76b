import type { JavaString } from './model.js';
import { NOTHING } from './stream-bytes.js';

/** A string that stands nowhere. */
const NOWHERE = -1;

/**
 * A string of a graph that was read, which is ASCII. It remembers under which handle it was written last: most of what is
 * written are strings, and to look each up in a map takes a quarter of the time of writing. And where it stands in the
 * stream that it was read from: to copy its bytes takes a fifth of the time that it takes to encode it.
 */
export class StringNode implements JavaString {
  readonly kind = 'string';
  readonly value: string;
  #epoch = 0;
  #handle = 0;
  /** What `value` was when it was read. */
  readonly #text: string;
  readonly #source: Buffer;
  readonly #start: number;

  /** `start`: where its TC_STRING stands in `source`. */
  constructor(value: string, source: Buffer = NOTHING, start = NOWHERE) {
    this.value = value;
    this.#text = value;
    this.#source = source;
    this.#start = start;
  }

  /** The stream that it stands in, if `start` is not negative. */
  get source(): Buffer {
    return this.#source;
  }

  /** Offset of its TC_STRING, behind whose length its text stands; negative if it stands nowhere. */
  get start(): number {
    return this.#text === this.value ? this.#start : NOWHERE;
  }

  /** The handle of `node` in an epoch; undefined if it has none there, null if it is none that remembers. */
  static handle(node: JavaString, epoch: number): number | null | undefined {
    return node instanceof StringNode ? (node.#epoch === epoch ? node.#handle : undefined) : null;
  }

  /** False if `node` is none that remembers. */
  static assign(node: JavaString, epoch: number, handle: number): boolean {
    if (!(node instanceof StringNode)) {
      return false;
    }
    node.#epoch = epoch;
    node.#handle = handle;
    return true;
  }
}

let epochs = 0;

/** A number that no other epoch has: of a stream's beginning, or what follows a reset or an exception. */
export function newEpoch(): number {
  return ++epochs;
}
