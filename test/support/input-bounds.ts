import { getHeapStatistics } from 'node:v8';
import { memoryInUse } from './memory-in-use.js';

/** What one input of some kilobytes may take. */
const MAX_MS = 1_000;
const MAX_BYTES = 2 ** 26;

/** What all inputs together may leave behind. */
const MAX_HELD_BYTES = 2 ** 29;

/** A machine can be busy with something else once or twice. */
const ATTEMPTS = 3;

/**
 * Holds what is done with each of many hostile inputs to a time and an amount of memory, objects and buffers alike. It can
 * tell of what takes long, not of what never ends: nothing else runs meanwhile.
 */
export class InputBounds {
  /** What was in use before the first input: other tests may leave behind what they like. */
  #atFirst: number | undefined;

  /** @throws Error that names `input`, when `action` takes too much */
  check<T>(input: () => string, action: () => T): T {
    this.#atFirst ??= memoryInUse();
    const before = usedBytes();
    const startedAt = performance.now();
    const result = action();
    if (performance.now() - startedAt > MAX_MS && quickest(action) > MAX_MS) {
      throw new Error(`more than ${MAX_MS} ms for ${input()}`);
    }
    const after = usedBytes();
    if (after - before > MAX_BYTES) {
      throw new Error(`${after - before} bytes of memory for ${input()}`);
    }
    if (after - this.#atFirst > MAX_HELD_BYTES) {
      // Most of it may be garbage that waits for its collector.
      const held = memoryInUse() - this.#atFirst;
      if (held > MAX_HELD_BYTES) {
        throw new Error(`${held} bytes of memory are held after ${input()}`);
      }
    }
    return result;
  }
}

function quickest(action: () => unknown): number {
  const times = Array.from({ length: ATTEMPTS - 1 }, () => {
    const startedAt = performance.now();
    action();
    return performance.now() - startedAt;
  });
  return Math.min(...times);
}

/** `process.memoryUsage().heapUsed + .external`, which would take thirty times as long: it asks the system, too. */
function usedBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
