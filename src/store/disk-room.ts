import { statfsSync } from 'node:fs';
import type { Write } from './write-batch.js';

/** LMDB's page: that of the system. */
const PAGE_BYTES = 4096;
/** What a row may take beside its own bytes: its leaf is copied, and may split, or the value has pages of its own. */
const ROW_PAGES = 2;
/** For the pages above the leaves, the list of free pages, and what the journal writes meanwhile. */
const RESERVE_BYTES = 2 ** 20;

/** How much the data file may grow when `writes` are written, at most; as a rule, pages that are free are used again. */
export function growthOf(writes: readonly Write[]): number {
  const rows = writes.map(({ value }) => (value?.length ?? 0) + ROW_PAGES * PAGE_BYTES);
  return rows.reduce((sum, bytes) => sum + bytes, RESERVE_BYTES);
}

/**
 * Throws when the disk that `directory` is on may not have room for `bytes` more. LMDB is not to find that out itself: where
 * a write fails, lmdb-js 3.5.6 puts a message of more than 100 characters into 100 bytes (`mdb_page_flush`), and the
 * process is killed.
 */
export function checkDiskRoom(directory: string, bytes: number): void {
  const free = freeBytes(directory);
  if (free < bytes) {
    throw new Error(`no space left on device: ${free} bytes are free, ${bytes} may be needed`);
  }
}

/** Infinity where that cannot be told: by some file systems, or since the directory was moved away from under its files. */
function freeBytes(directory: string): number {
  try {
    const { blocks, bavail, bsize } = statfsSync(directory);
    return blocks > 0 ? bavail * bsize : Infinity;
  } catch {
    return Infinity;
  }
}
