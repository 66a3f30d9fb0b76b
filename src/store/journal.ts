import { join } from 'node:path';
import { LogThrottle, messageOf, TribesError, type Clock, type Logger, type Timer } from '../base/index.js';
import type { Cipher } from './cipher.js';
import { JournalCommits, type Durability } from './journal-commits.js';
import { systemFiles, type JournalFiles } from './journal-files.js';
import type { FoundSegment } from './journal-replay.js';
import {
  encodeEntry,
  encodeFrame,
  encodeSegmentHeader,
  entryBytes,
  FRAME_HEAD_BYTES,
  newSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from './journal-segment.js';
import type { Unwritten } from './write-behind.js';

export interface JournalOptions {
  readonly directory: string;
  readonly storeId: Buffer;
  readonly cipher: Cipher | undefined;
  readonly durability: Durability;
  /** What was found in the directory, the oldest first. */
  readonly found: readonly FoundSegment[];
  /** The highest number that a file there has, whatever became of it. */
  readonly lastNumber: number;
  /** Everything up to this place is at rest. */
  readonly written: number;
  /** The last place that was given. */
  readonly last: number;
  /** Everything that is not at rest, to begin anew with; undefined when it takes more than about so many bytes. */
  readonly unwritten: (maxBytes: number) => readonly Unwritten[] | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A file of more bytes than that is followed by another one. Default 16 MiB. */
  readonly segmentBytes?: number;
  readonly files?: JournalFiles;
}

interface Segment {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly file: number;
  bytes: number;
}

const DEFAULT_SEGMENT_BYTES = 2 ** 24;
/** What is gathered in a turn of the event loop before it is written; more is written in several frames. */
const BUFFER_BYTES = 2 ** 20;
/** The journal begins anew, after a failure, only when no more than that has to be written for it, at once. */
const MAX_ANEW_BYTES = 2 ** 23;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

export const segmentName = (number: number): string => `${String(number).padStart(10, '0')}.journal`;

/**
 * What has been changed, in the order in which it was, in files that are only appended to, until it is at rest. What
 * comes in one turn of the event loop is written at once at its end: `write(2)` takes microseconds, and then survives
 * the end of this process. `fdatasync`, if that is asked for, runs on another thread, for all who wait meanwhile.
 *
 * When a write fails, nothing more is journalled, since a journal with a gap could bring back what is old; `commit`
 * says so. After a pause a new file is begun, with everything that is not at rest by then.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #files: JournalFiles;
  readonly #complaints: LogThrottle;
  readonly #commits: JournalCommits;
  /** Files that are not written to any more, the oldest first. */
  #closed: FoundSegment[];
  #segment: Segment | undefined;
  #nextNumber: number;
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #filled = FRAME_HEAD_BYTES;
  /** The last place that was given. */
  #last: number;
  /** The last place that had been given when a frame was written: what is gathered since then can be behind it. */
  #lastInFiles: number;
  /** Everything up to this place is at rest. */
  #written: number;
  #isWriteDue = false;
  #removing: Promise<unknown> = Promise.resolve();
  #failure: TribesError | undefined;
  #failures = 0;
  #retryMs = FIRST_RETRY_MS;
  #retry: Timer | undefined;
  #isClosed = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#files = options.files ?? systemFiles;
    this.#complaints = new LogThrottle(options.clock);
    this.#commits = new JournalCommits({
      durability: options.durability,
      files: this.#files,
      path: join(options.directory, segmentName(0)),
      failed: (error) => this.#fail(error),
      synced: (file) => this.#closeUnused(file),
    });
    this.#closed = [...options.found];
    this.#nextNumber = options.lastNumber + 1;
    this.#last = options.last;
    this.#lastInFiles = options.last;
    this.#written = options.written;
    this.written(options.written);
  }

  get bytes(): number {
    return this.#closed.reduce((sum, { bytes }) => sum + bytes, this.#segment?.bytes ?? 0);
  }

  get segments(): number {
    return this.#closed.length + (this.#segment === undefined ? 0 : 1);
  }

  /** Writes since the start. */
  get writes(): number {
    return this.#commits.writes;
  }

  /** Why nothing is journalled; undefined while it is. */
  get failure(): TribesError | undefined {
    return this.#failure;
  }

  get failures(): number {
    return this.#failures;
  }

  /** To be written at the end of this turn. `last`: the last place that was given. */
  append(change: Unwritten, last: number): void {
    const isJournalled = this.#failure === undefined && !this.#isClosed && this.#gathered(change);
    // Not before that: what was gathered may have been written to make room.
    this.#last = last;
    if (!isJournalled) {
      return;
    }
    if (!this.#isWriteDue) {
      this.#isWriteDue = true;
      setImmediate(() => {
        this.#isWriteDue = false;
        this.#writeGathered();
      });
    }
  }

  /** Resolves when everything that was appended is as safe as `durability` says; with false if it is not journalled. */
  commit(): Promise<boolean> {
    const { durability } = this.#options;
    if (durability === 'off') {
      return Promise.resolve(true);
    }
    if (this.#failure !== undefined) {
      return Promise.resolve(false);
    }
    return this.#commits.wait(this.#filled > FRAME_HEAD_BYTES);
  }

  /** Everything up to that place is at rest: files that hold nothing else go. */
  written(place: number): void {
    this.#written = place;
    const done = this.#closed.filter((segment) => segment.last <= place);
    this.#closed = this.#closed.filter((segment) => segment.last > place);
    for (const segment of done) {
      this.#removing = this.#removing.then(() => this.#remove(segment));
    }
  }

  /** Writes what was appended; removes the files if everything is at rest. */
  async close(): Promise<void> {
    this.#writeGathered();
    this.#isClosed = true;
    this.#retry?.cancel();
    await this.#commits.finish();
    this.#endSegment();
    if (this.#written >= this.#last) {
      this.written(this.#last);
    }
    await this.#removing;
  }

  // ---- writing ----

  /** False, and nothing more is journalled, where what was gathered cannot be written to make room. */
  #gathered(change: Unwritten): boolean {
    try {
      this.#gather(change);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #gather(change: Unwritten): void {
    const length = entryBytes(change);
    if (this.#filled + length > this.#buffer.length) {
      this.#writeFrame();
    }
    if (this.#filled + length > this.#buffer.length) {
      this.#buffer = Buffer.allocUnsafeSlow(this.#filled + length);
    }
    this.#filled = encodeEntry(change, this.#buffer, this.#filled);
  }

  #writeGathered(): void {
    if (this.#failure !== undefined || this.#isClosed) {
      return;
    }
    try {
      this.#writeFrame();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#commits.settleWritten();
  }

  #writeFrame(): void {
    if (this.#filled === FRAME_HEAD_BYTES) {
      return;
    }
    const { cipher, segmentBytes = DEFAULT_SEGMENT_BYTES } = this.#options;
    if (this.#segment !== undefined && this.#segment.bytes >= segmentBytes) {
      this.#endSegment();
    }
    const segment = (this.#segment ??= this.#beginSegment());
    const bytes = this.#buffer.subarray(0, this.#filled);
    const frame = encodeFrame(segment.header, bytes, segment.bytes, cipher);
    this.#files.append(segment.file, frame);
    segment.bytes += frame.length;
    this.#lastInFiles = this.#last;
    this.#commits.written(segment.file);
    this.#empty();
  }

  #empty(): void {
    this.#filled = FRAME_HEAD_BYTES;
    if (this.#buffer.length > BUFFER_BYTES) {
      this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    }
  }

  /** `base`: what is at rest, or stands in the files before. */
  #beginSegment(base = this.#baseOfNext()): Segment {
    const { directory, storeId, cipher } = this.#options;
    const path = join(directory, segmentName(this.#nextNumber));
    const header = newSegmentHeader(storeId, base, cipher !== undefined);
    const file = this.#files.create(path);
    this.#nextNumber++;
    this.#commits.created();
    const segment = { path, header, file, bytes: SEGMENT_HEADER_BYTES };
    this.#segment = segment;
    this.#files.append(file, encodeSegmentHeader(header));
    return segment;
  }

  /** Places in this frame are above what the files before have, or replace what stands there. */
  #baseOfNext(): number {
    return Math.max(this.#written, this.#closed.at(-1)?.last ?? 0);
  }

  #endSegment(): void {
    const segment = this.#segment;
    if (segment === undefined) {
      return;
    }
    this.#segment = undefined;
    const { path, file, bytes } = segment;
    const ended = { path, bytes, last: this.#lastInFiles, isDamaged: false };
    if (bytes > SEGMENT_HEADER_BYTES) {
      this.#closed.push(ended);
    } else {
      // Its first frame could not be written: on a full disk that happens again and again.
      this.#removing = this.#removing.then(() => this.#remove(ended));
    }
    this.#closeUnused(file);
  }

  #closeUnused(file: number): void {
    if (file === this.#segment?.file || this.#commits.needs(file)) {
      return;
    }
    try {
      this.#files.close(file);
    } catch (error) {
      this.#options.logger.warn({ error: messageOf(error) }, 'a file of the journal cannot be closed');
    }
  }

  // ---- failures ----

  #fail(cause: unknown): void {
    const { directory, logger } = this.#options;
    this.#retryMs = this.#failure === undefined ? FIRST_RETRY_MS : Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    const error = new TribesError(
      'TRIBES_E_STORE_JOURNAL',
      { directory, reason: messageOf(cause) },
      { cause },
    );
    this.#failure = error;
    this.#failures++;
    if (this.#complaints.admit('journal') > 0) {
      logger.error({ code: error.code, remedy: error.remedy }, error.message);
    }
    this.#empty();
    const current = this.#segment?.file;
    const abandoned = this.#commits.abandonFiles();
    this.#endSegment();
    abandoned.filter((file) => file !== current).forEach((file) => this.#closeUnused(file));
    this.#commits.refuse();
    this.#retryLater();
  }

  #retryLater(): void {
    this.#retry?.cancel();
    if (!this.#isClosed) {
      this.#retry = this.#options.clock.after(this.#retryMs, () => this.#beginAnew());
    }
  }

  /** In a new file, with everything that is not at rest; what the files before have of it is then the older state. */
  #beginAnew(): void {
    const unwritten = this.#options.unwritten(MAX_ANEW_BYTES);
    if (unwritten === undefined) {
      this.#retryLater();
      return;
    }
    try {
      this.#beginSegment(this.#written);
      for (const change of unwritten) {
        this.#gather(change);
      }
      this.#writeFrame();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#failure = undefined;
    this.#options.logger.info({ directory: this.#options.directory }, 'changes are journalled again');
  }

  /** Never rejects. */
  async #remove({ path, isDamaged }: FoundSegment): Promise<void> {
    try {
      await (isDamaged ? this.#files.rename(path, `${path}.damaged`) : this.#files.remove(path));
    } catch (error) {
      this.#options.logger.warn(
        { path, error: messageOf(error) },
        'a file of the journal that is not needed any more cannot be removed',
      );
    }
  }
}
