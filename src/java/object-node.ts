import type { JavaClassData, JavaDesc, JavaObject } from './model.js';

/**
 * An object of a graph that was read. It remembers under which handle it was written last: a stream is written from its
 * beginning to its end before another is, so one memory is enough, and a map of what was written costs a tenth of the time.
 */
export class ObjectNode implements JavaObject {
  readonly kind = 'object';
  readonly desc: JavaDesc;
  readonly parts: JavaClassData[];
  #epoch = 0;
  #handle = 0;

  constructor(desc: JavaDesc, parts: JavaClassData[]) {
    this.desc = desc;
    this.parts = parts;
  }

  /** Its handle in an epoch; undefined if it has none there. */
  handleIn(epoch: number): number | undefined {
    return this.#epoch === epoch ? this.#handle : undefined;
  }

  remember(epoch: number, handle: number): void {
    this.#epoch = epoch;
    this.#handle = handle;
  }
}
