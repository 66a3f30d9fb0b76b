import type { JavaString } from './model.js';

/**
 * A string of a graph that was read. It remembers under which handle it was written last: most of what is written are
 * strings, and to look each up in a map takes a quarter of the time of writing.
 */
export class StringNode implements JavaString {
  readonly kind = 'string';
  readonly value: string;
  #epoch = 0;
  #handle = 0;

  constructor(value: string) {
    this.value = value;
  }

  /** The handle of `node` in an epoch; undefined if it has none there, null if it is none that remembers. */
  static handle(node: JavaString, epoch: number): number | null | undefined {
    return #epoch in node ? (node.#epoch === epoch ? node.#handle : undefined) : null;
  }

  static assign(node: JavaString, epoch: number, handle: number): boolean {
    if (!(#epoch in node)) {
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
