import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../base/index.js';
import type { Cipher } from './cipher.js';
import { decodeSegmentHeader, readSegment, SEGMENT_HEADER_BYTES } from './journal-segment.js';
import type { Unwritten } from './write-behind.js';

/** A file of the journal that is not written to any more. */
export interface FoundSegment {
  readonly path: string;
  readonly bytes: number;
  /** It holds nothing behind this place. */
  readonly last: number;
  /** Kept, under another name, when it is not needed any more. */
  readonly isDamaged: boolean;
}

export interface ReplayOptions {
  readonly directory: string;
  readonly storeId: Buffer;
  readonly cipher: Cipher | undefined;
  /** Everything up to this place is at rest. */
  readonly written: number;
  readonly logger: Logger;
  readonly apply: (change: Unwritten) => void;
}

export interface Replayed {
  readonly found: readonly FoundSegment[];
  /** The highest number that a file has, also one that is kept aside; 0 for none. */
  readonly lastNumber: number;
  /** Bytes that were lost to damage. */
  readonly lostBytes: number;
  /** Names of files that were damaged, now or before, and are still there. */
  readonly damaged: readonly string[];
}

const SEGMENT_NAME = /^\d{10}\.journal$/;
const NUMBER = /^(\d{10})\.journal/;
const KEPT_NAME = /^\d{10}\.journal\.(?:damaged|foreign)$/;

/**
 * Hands out everything that a journal holds, in its order; whoever takes it passes over what is at rest already. What
 * was being written when the process or the system ended is cut off: nobody was told that it was safe.
 */
export async function replayJournal(options: ReplayOptions): Promise<Replayed> {
  const { directory, logger } = options;
  const names = await readdir(directory);
  const found: FoundSegment[] = [];
  const damaged = names.filter((name) => KEPT_NAME.test(name));
  let lostBytes = 0;
  let last = options.written;
  for (const name of names.filter((each) => SEGMENT_NAME.test(each)).sort()) {
    const path = join(directory, name);
    const bytes = await readFile(path);
    const isFirst = found.length === 0;
    const read = readOne(bytes, isFirst, options);
    if (read.state === 'foreign') {
      logger.error(
        { path, why: read.why },
        'a file of the journal does not belong to this store: it is kept aside',
      );
      await rename(path, `${path}.foreign`);
      damaged.push(`${name}.foreign`);
      continue;
    }
    for (const entry of read.entries) {
      last = Math.max(last, entry.place);
      options.apply(entry);
    }
    lostBytes += read.lostBytes;
    report(path, read, logger);
    const isDamaged = read.lostBytes > 0;
    if (isDamaged) {
      damaged.push(`${name}.damaged`);
    }
    found.push({ path, bytes: bytes.length, last, isDamaged });
  }
  const numbers = names.map((name) => Number(NUMBER.exec(name)?.[1] ?? 0));
  return { found, lastNumber: Math.max(0, ...numbers), lostBytes, damaged };
}

type Read =
  | { readonly state: 'foreign'; readonly why: string }
  | {
      readonly state: 'ours';
      readonly entries: readonly Unwritten[];
      readonly lostBytes: number;
      readonly tornBytes: number;
    };

function readOne(bytes: Buffer, isFirst: boolean, { storeId, cipher, written }: ReplayOptions): Read {
  const header = decodeSegmentHeader(bytes);
  if (header === null || header.isEncrypted !== (cipher !== undefined)) {
    // A header is written on its own, first of all: a file that was just begun may end in it.
    const isTorn = bytes.length <= SEGMENT_HEADER_BYTES;
    return {
      state: 'ours',
      entries: [],
      lostBytes: isTorn ? 0 : bytes.length,
      tornBytes: isTorn ? bytes.length : 0,
    };
  }
  if (!header.storeId.equals(storeId)) {
    return { state: 'foreign', why: 'it was written for another data file' };
  }
  if (isFirst && header.base > written) {
    return { state: 'foreign', why: 'the data file is older than it is: was an old copy put back?' };
  }
  return { state: 'ours', ...readSegment(bytes, header, cipher) };
}

function report(
  path: string,
  { lostBytes, tornBytes }: Extract<Read, { state: 'ours' }>,
  logger: Logger,
): void {
  if (tornBytes > 0) {
    logger.info({ path, bytes: tornBytes }, 'the journal ends in what was not written to its end: cut off');
  }
  if (lostBytes > 0) {
    logger.error(
      { path, lostBytes, keptAs: `${path}.damaged` },
      'the journal is damaged: changes are lost unless other members still have them; what can be read is used',
    );
  }
}
