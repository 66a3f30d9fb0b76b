import { LogThrottle, messageOf, TribesError, type Clock, type Logger, type Timer } from '../base/index.js';
import { placeRow } from './place-row.js';
import { writeBytes, type Write } from './write-batch.js';

export interface WriteBehindOptions {
  /** For messages. */
  readonly directory: string;
  /** Everything up to this place is at rest. */
  readonly written: number;
  /** Writes all or nothing. Called again only when the call before has settled. */
  readonly write: (writes: readonly Write[]) => Promise<void>;
  /** Told of everything that is to be written, at once: the journal. */
  readonly onChange: (change: Unwritten, last: number) => void;
  /** Told when everything up to `written` is at rest. */
  readonly onWritten: (written: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long changes wait for others to the same session, in milliseconds. */
  readonly intervalMs: number;
  /** Changes of more bytes than that do not wait. */
  readonly eagerBytes: number;
  /** How many bytes may wait. */
  readonly maxDirtyBytes: number;
}

/** Something that is to be written. */
export interface Unwritten {
  /**
   * Where it stands in the order in which things are written, from 1. A change takes the place of a change of the same
   * thing that still waits; so what is at rest is always everything up to some place, as it was then or later.
   */
  readonly place: number;
  readonly rows: readonly Write[];
}

interface Batch {
  readonly first: readonly Unwritten[];
  readonly changes: ReadonlyMap<string, Unwritten>;
  readonly last: number;
}

interface Waiter {
  readonly place: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** About what one batch holds: enough to spread the cost of a commit, little enough to encode in a millisecond. */
const BATCH_BYTES = 2 ** 20;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/**
 * Changes that are not yet at rest. They are seen by reads at once, and written behind in batches; of several changes
 * to one thing only the last is written. A batch that cannot be written is tried again as it is: what was to be at
 * rest at some place never comes after what has a later one.
 */
export class WriteBehind {
  readonly #options: WriteBehindOptions;
  readonly #complaints: LogThrottle;
  /** By name, in the order of their places. */
  readonly #waiting = new Map<string, Unwritten>();
  /** Rows that others refer to; they go with the next batch, before its changes. */
  #first: Unwritten[] = [];
  #batch: Batch | undefined;
  #dirtyBytes = 0;
  /** The last place that was given. */
  #last: number;
  /** Everything up to this place is at rest. */
  #written: number;
  /** Everything up to this place is to be written without waiting. */
  #target = 0;
  #waiters: Waiter[] = [];
  readonly #roomWaiters: (() => void)[] = [];
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #failure: TribesError | undefined;
  #failures = 0;
  #retryMs = FIRST_RETRY_MS;
  #stopped = false;

  constructor(options: WriteBehindOptions) {
    this.#options = options;
    this.#complaints = new LogThrottle(options.clock);
    this.#last = options.written;
    this.#written = options.written;
  }

  /** Bytes of the changes that are not yet at rest. */
  get dirtyBytes(): number {
    return this.#dirtyBytes;
  }

  /** The last place that was given. */
  get last(): number {
    return this.#last;
  }

  /** Why the last attempt to write failed; undefined if it did not. */
  get failure(): TribesError | undefined {
    return this.#failure;
  }

  /** Attempts that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** The rows of a change that is not yet at rest, which stands under the first of them; undefined if there is none. */
  get(first: Pick<Write, 'database' | 'key'>): readonly Write[] | undefined {
    const name = nameOf(first);
    return (this.#waiting.get(name) ?? this.#batch?.changes.get(name))?.rows;
  }

  /** Everything that is not yet at rest, in an order in which it can be written. */
  *unwritten(): Generator<Unwritten> {
    yield* this.#batch?.first ?? [];
    yield* this.#first;
    yield* this.#batch?.changes.values() ?? [];
    yield* this.#waiting.values();
  }

  /** Writes `row` before every change that is made after this call. */
  addRow(row: Write): void {
    const added = { place: ++this.#last, rows: [row] };
    this.#first.push(added);
    this.#changed(added, undefined);
  }

  /** Writes `rows`, together, in place of what waits to be written under the first of them. */
  change(rows: readonly [Write, ...Write[]]): void {
    const name = nameOf(rows[0]);
    const replaced = this.#waiting.get(name);
    const change = { place: replaced?.place ?? ++this.#last, rows };
    this.#waiting.set(name, change);
    this.#changed(change, replaced);
  }

  /** Takes over what was to be written when the process ended, in the order in which it was changed then. */
  restore({ place, rows }: Unwritten): void {
    const [first] = rows;
    if (first === undefined || place <= this.#written) {
      return;
    }
    this.#last = Math.max(this.#last, place);
    if (first.database === 'contexts' || first.database === 'descriptors') {
      this.#first.push({ place, rows });
    } else {
      const name = nameOf(first);
      const replaced = this.#waiting.get(name);
      if (replaced?.place !== place) {
        this.#waiting.delete(name);
      }
      this.#waiting.set(name, { place, rows });
      this.#dirtyBytes -= writeBytes(replaced?.rows ?? []);
    }
    this.#dirtyBytes += writeBytes(rows);
    this.#wait(this.#options.intervalMs);
  }

  /**
   * Nothing while there is room for more; while there is none, a promise of it. Error, thrown or rejected with:
   * TRIBES_E_STORE_FULL, when nothing can be written.
   */
  checkRoom(): Promise<void> | undefined {
    const { maxDirtyBytes, directory } = this.#options;
    if (this.#dirtyBytes < maxDirtyBytes || this.#stopped) {
      return undefined;
    }
    if (this.#failure !== undefined) {
      throw new TribesError('TRIBES_E_STORE_FULL', { directory, dirtyBytes: this.#dirtyBytes });
    }
    this.#writeUpTo(this.#last);
    return new Promise<void>((resolve) => this.#roomWaiters.push(resolve)).then(() => this.checkRoom());
  }

  /** Resolves when everything before this call is at rest. Error: TRIBES_E_STORE_WRITE; the changes are kept. */
  flush(): Promise<void> {
    if (this.#written >= this.#last) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ place: this.#last, resolve, reject });
      this.#writeUpTo(this.#last);
    });
  }

  /** Stops writing, at the end of a batch under way; what is not at rest by then is lost. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
    this.#endRoomWaiters();
  }

  #changed(change: Unwritten, replaced: Unwritten | undefined): void {
    this.#dirtyBytes += writeBytes(change.rows) - writeBytes(replaced?.rows ?? []);
    this.#options.onChange(change, this.#last);
    if (this.#dirtyBytes > this.#options.eagerBytes && this.#failure === undefined) {
      this.#writeUpTo(this.#last);
    } else if (this.#running === undefined) {
      this.#wait(this.#options.intervalMs);
    }
  }

  #writeUpTo(place: number): void {
    this.#target = Math.max(this.#target, place);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.#isDirty && this.#written < this.#target && !this.#stopped) {
        await this.#writeBatch();
      }
    } catch (error) {
      this.#onFailure(error);
    }
    this.#running = undefined;
    if (this.#isDirty) {
      this.#wait(this.#failure === undefined ? this.#options.intervalMs : this.#retryMs);
    }
  }

  get #isDirty(): boolean {
    return this.#batch !== undefined || this.#waiting.size > 0 || this.#first.length > 0;
  }

  #wait(delayMs: number): void {
    if (this.#timer === undefined && !this.#stopped) {
      this.#timer = this.#options.clock.after(delayMs, () => {
        this.#timer = undefined;
        this.#writeUpTo(this.#last);
      });
    }
  }

  async #writeBatch(): Promise<void> {
    const batch = (this.#batch ??= this.#nextBatch());
    const writes = [...batch.first, ...batch.changes.values()].flatMap(({ rows }) => rows);
    await this.#options.write([...writes, placeRow(batch.last)]);
    this.#batch = undefined;
    this.#dirtyBytes -= writeBytes(writes);
    this.#onWritten(batch.last);
  }

  #nextBatch(): Batch {
    const first = this.#first;
    this.#first = [];
    const changes = new Map<string, Unwritten>();
    let bytes = 0;
    let last = this.#written;
    for (const [name, change] of this.#waiting) {
      this.#waiting.delete(name);
      changes.set(name, change);
      bytes += writeBytes(change.rows);
      last = change.place;
      if (bytes >= BATCH_BYTES) {
        break;
      }
    }
    return { first, changes, last: this.#waiting.size === 0 ? this.#last : last };
  }

  #onWritten(written: number): void {
    this.#written = written;
    if (this.#failure !== undefined) {
      this.#failure = undefined;
      this.#retryMs = FIRST_RETRY_MS;
      this.#options.logger.info({ directory: this.#options.directory }, 'sessions can be written again');
    }
    const done = this.#waiters.filter((waiter) => waiter.place <= written);
    this.#waiters = this.#waiters.filter((waiter) => waiter.place > written);
    for (const waiter of done) {
      waiter.resolve();
    }
    if (this.#dirtyBytes < this.#options.maxDirtyBytes) {
      this.#endRoomWaiters();
    }
    this.#options.onWritten(written);
  }

  #onFailure(cause: unknown): void {
    const { directory, logger } = this.#options;
    const params = { directory, reason: messageOf(cause), dirtyBytes: this.#dirtyBytes };
    const error = new TribesError('TRIBES_E_STORE_WRITE', params, { cause });
    this.#retryMs = this.#failure === undefined ? FIRST_RETRY_MS : Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    if (this.#complaints.admit('write') > 0) {
      logger.error({ code: error.code, remedy: error.remedy }, error.message);
    }
    this.#failure = error;
    this.#failures++;
    this.#timer?.cancel();
    this.#timer = undefined;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      waiter.reject(error);
    }
    this.#endRoomWaiters();
  }

  #endRoomWaiters(): void {
    for (const end of this.#roomWaiters.splice(0)) {
      end();
    }
  }
}

function nameOf({ database, key }: Pick<Write, 'database' | 'key'>): string {
  return `${database} ${key.toString('latin1')}`;
}
