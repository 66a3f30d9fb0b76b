import { totalmem } from 'node:os';
import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** By how much the heap may grow above what lives in it, before all of it is collected: bytes. */
const ROOM_BYTES = 64 * 2 ** 20;

/** Where memory is scarce, no more than this part of it. */
const SHARE_OF_MEMORY = 1 / 8;

/**
 * Bounds of the percentage; V8's own is between 10 and 300. The upper one bounds what a heap takes while more and more lives in
 * it: V8 makes its next limit when a collection ends, of the percentage that was right for what had lived before.
 */
const LEAST_PERCENT = 10;
const MOST_PERCENT = 150;

/**
 * Lets V8 collect the whole heap after a fixed amount of growth. By itself it does so after a share of what lives, which is
 * little here: sessions rest outside the heap, so that of a small heap much dies old; to mark the rest again and again took a
 * fifth of the CPU of a message, and held messages up each time.
 *
 * For a process of our own: the flag (`--heap-growing-percent`) holds for all of it. A V8 that does not know it complains on the
 * standard error, and goes on.
 *
 * @param roomBytes how much growth that is
 * @returns what ends it
 */
export function giveHeapRoom(roomBytes = roomFor(availableMemory())): () => void {
  let set = 0;
  const adapt = (): void => {
    const percent = growthPercent(getHeapStatistics().used_heap_size, roomBytes);
    if (percent !== set) {
      set = percent;
      setFlagsFromString(`--heap-growing-percent=${percent}`);
    }
  };
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some(isOfWholeHeap)) {
      adapt();
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  adapt();
  return () => {
    observer.disconnect();
    setFlagsFromString('--heap-growing-percent=0');
  };
}

/** The growth that such a machine, or control group, can afford. */
export function roomFor(memoryBytes: number): number {
  return Math.min(ROOM_BYTES, memoryBytes * SHARE_OF_MEMORY);
}

/** What `--heap-growing-percent` has to be so that a heap in which so much lives may grow by so much. */
export function growthPercent(livingBytes: number, roomBytes: number): number {
  const percent = Math.round((100 * roomBytes) / livingBytes);
  return Math.min(MOST_PERCENT, Math.max(LEAST_PERCENT, percent));
}

/** Of the machine, or of the control group that the process is in. */
function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** `detail` stands in every entry of type `gc`, though not in its type. */
function isOfWholeHeap(entry: PerformanceEntry & { readonly detail?: { readonly kind: number } }): boolean {
  return entry.detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
