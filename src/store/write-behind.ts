import { messageOf, TribesError, type Clock, type Logger, type Timer } from '../base/index.js';
import type { RecordParts } from './record-codec.js';
import { writeBytes, type Write } from './write-batch.js';

export interface WriteBehindOptions {
  /** For messages. */
  readonly directory: string;
  /** Writes all or nothing. Called again only when the call before has settled. */
  readonly write: (writes: readonly Write[]) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long changes wait for others to the same session, in milliseconds. */
  readonly intervalMs: number;
  /** Changes of more bytes than that do not wait. */
  readonly eagerBytes: number;
}

interface Change {
  /** Rises from change to change, in the order in which they are written. */
  readonly sequence: number;
  readonly key: Buffer;
  /** Null: deleted. */
  readonly parts: RecordParts | null;
  readonly bytes: number;
}

interface Waiter {
  readonly sequence: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** About what one batch holds: enough to spread the cost of a commit, little enough to encode in a millisecond. */
const BATCH_BYTES = 2 ** 20;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/**
 * Changes that are not yet on disk. They are seen by reads at once, and written behind in batches; of several changes
 * to one session only the last is written. What cannot be written stays and is tried again.
 */
export class WriteBehind {
  readonly #options: WriteBehindOptions;
  /** By key (latin1), in the order of their sequence: a change that replaces another one takes its place. */
  #waiting = new Map<string, Change>();
  #underWay = new Map<string, Change>();
  /** Rows that records refer to; they go with the next batch, before its records. */
  readonly #rows: Write[] = [];
  #dirtyBytes = 0;
  #sequence = 0;
  /** Everything up to this one is on disk. */
  #written = 0;
  /** Everything up to this one is to be written without waiting. */
  #target = 0;
  #waiters: Waiter[] = [];
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #isFailing = false;
  #retryMs = FIRST_RETRY_MS;
  #stopped = false;

  constructor(options: WriteBehindOptions) {
    this.#options = options;
  }

  /** Bytes of the changes that are not yet on disk. */
  get dirtyBytes(): number {
    return this.#dirtyBytes;
  }

  /** The last change of a session, null if it was deleted; undefined if what is on disk counts. */
  get(key: Buffer): RecordParts | null | undefined {
    const name = key.toString('latin1');
    return (this.#waiting.get(name) ?? this.#underWay.get(name))?.parts;
  }

  /** Writes `row` before every change that is made after this call. */
  addRow(row: Write): void {
    this.#rows.push(row);
    this.#dirtyBytes += writeBytes(row);
  }

  /** `parts` are kept as they are; null deletes. */
  change(key: Buffer, parts: RecordParts | null): void {
    const name = key.toString('latin1');
    const replaced = this.#waiting.get(name);
    const sequence = replaced?.sequence ?? ++this.#sequence;
    const bytes = rowsOf(key, parts).reduce((sum, row) => sum + writeBytes(row), 0);
    this.#waiting.set(name, { sequence, key, parts, bytes });
    this.#dirtyBytes += bytes - (replaced?.bytes ?? 0);
    if (this.#dirtyBytes > this.#options.eagerBytes && !this.#isFailing) {
      this.#writeUpTo(this.#sequence);
    } else if (this.#running === undefined) {
      this.#wait(this.#options.intervalMs);
    }
  }

  /** Resolves when every change made before is on disk. Error: TRIBES_E_STORE_WRITE; the changes are kept. */
  flush(): Promise<void> {
    if (this.#written >= this.#sequence) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ sequence: this.#sequence, resolve, reject });
      this.#writeUpTo(this.#sequence);
    });
  }

  /** Stops writing, at the end of a batch under way; what is not on disk by then is lost. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #writeUpTo(sequence: number): void {
    this.#target = Math.max(this.#target, sequence);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.#waiting.size > 0 && this.#written < this.#target && !this.#stopped) {
        await this.#writeBatch();
      }
    } catch (error) {
      this.#onFailure(error);
    }
    this.#running = undefined;
    if (this.#waiting.size > 0) {
      this.#wait(this.#isFailing ? this.#retryMs : this.#options.intervalMs);
    }
  }

  #wait(delayMs: number): void {
    if (this.#timer === undefined && !this.#stopped) {
      this.#timer = this.#options.clock.after(delayMs, () => {
        this.#timer = undefined;
        this.#writeUpTo(this.#sequence);
      });
    }
  }

  async #writeBatch(): Promise<void> {
    const rowCount = this.#rows.length;
    const writes = [...this.#rows];
    let bytes = 0;
    let last = this.#written;
    for (const [name, change] of this.#waiting) {
      this.#waiting.delete(name);
      this.#underWay.set(name, change);
      writes.push(...rowsOf(change.key, change.parts));
      bytes += change.bytes;
      last = change.sequence;
      if (bytes >= BATCH_BYTES) {
        break;
      }
    }
    await this.#options.write(writes);
    this.#rows.splice(0, rowCount);
    this.#dirtyBytes -= writes.reduce((sum, write) => sum + writeBytes(write), 0);
    this.#underWay.clear();
    this.#onWritten(last);
  }

  #onWritten(last: number): void {
    this.#written = last;
    if (this.#isFailing) {
      this.#isFailing = false;
      this.#retryMs = FIRST_RETRY_MS;
      this.#options.logger.info({ directory: this.#options.directory }, 'sessions can be written again');
    }
    const done = this.#waiters.filter((waiter) => waiter.sequence <= this.#written);
    this.#waiters = this.#waiters.filter((waiter) => waiter.sequence > this.#written);
    for (const waiter of done) {
      waiter.resolve();
    }
  }

  #onFailure(cause: unknown): void {
    this.#keepUnderWay();
    const { directory, logger } = this.#options;
    const params = { directory, reason: messageOf(cause), dirtyBytes: this.#dirtyBytes };
    const error = new TribesError('TRIBES_E_STORE_WRITE', params, { cause });
    logger.error({ code: error.code, retryMs: this.#retryMs }, error.message);
    this.#retryMs = this.#isFailing ? Math.min(this.#retryMs * 2, LAST_RETRY_MS) : FIRST_RETRY_MS;
    this.#isFailing = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      waiter.reject(error);
    }
  }

  /** Puts what could not be written back to where it was, unless something newer has come. */
  #keepUnderWay(): void {
    const newer = this.#waiting;
    this.#waiting = this.#underWay;
    this.#underWay = new Map();
    for (const [name, change] of newer) {
      this.#dirtyBytes -= this.#waiting.get(name)?.bytes ?? 0;
      this.#waiting.delete(name);
      this.#waiting.set(name, change);
    }
  }
}

function rowsOf(key: Buffer, parts: RecordParts | null): Write[] {
  return [
    { database: 'heads', key, value: parts?.head ?? null },
    { database: 'bodies', key, value: parts?.body ?? null },
  ];
}
