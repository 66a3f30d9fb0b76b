import { LogThrottle, messageOf, TribesError, type Clock, type Logger, type Timer } from '../base/index.js';
import { RowsChange, type Change } from './change.js';
import { placeRow } from './place-row.js';
import { writeBytes, type Row, type Write } from './write-batch.js';

export interface WriteBehindOptions {
  /** For messages. */
  readonly directory: string;
  /** Everything up to this place is at rest. */
  readonly written: number;
  /** Writes all or nothing. Called again only when the call before has settled. */
  readonly write: (writes: readonly Write[]) => Promise<void>;
  /** Told of everything that is to be written, at once: the journal. The rows are good until it returns. */
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
  readonly rows: readonly Row[];
}

/** A row that others refer to. */
interface First {
  readonly place: number;
  readonly row: Write;
}

/** A change, where it stands, and what it counts for among the dirty bytes. */
export interface Waiting {
  readonly place: number;
  readonly change: Change;
  readonly bytes: number;
  /** False when it is being written, or something has taken its place: what changes then waits anew. */
  readonly isWaiting: boolean;
}

type MutableWaiting = { -readonly [K in keyof Waiting]: Waiting[K] };

interface Batch {
  readonly first: readonly First[];
  readonly changes: ReadonlyMap<string, Waiting>;
  /** Of all of them, in an order in which they can be written. */
  readonly writes: readonly Write[];
  readonly last: number;
}

interface Waiter {
  readonly place: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** About what one batch holds: enough to spread the cost of a commit. */
const BATCH_BYTES = 2 ** 20;
/** So much of what is settled is written at once, and with it all that has waited longer, settled or not. */
const SETTLED_BYTES = 4 * BATCH_BYTES;
/** Milliseconds for which a batch is put together at a stretch, and for how long it rests then where nobody waits for it. */
const SLICE_MS = 1;
const REST_MS = 4;
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
  readonly #waiting = new Map<string, MutableWaiting>();
  /** Those of the batch that is put together or written. */
  #leaving: ReadonlyMap<string, Waiting> = new Map();
  /** Rows that others refer to; they go with the next batch, before its changes. */
  #first: First[] = [];
  #batch: Batch | undefined;
  #dirtyBytes = 0;
  /** Of those that are settled, since what waits was last to be written. */
  #settledBytes = 0;
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

  /** The change of the thing of that name which is not yet at rest; undefined if there is none. */
  get(name: string): Change | undefined {
    return (this.#waiting.get(name) ?? this.#leaving.get(name))?.change;
  }

  /** The same, while it is not being written: another change takes its place. */
  waiting(name: string): Waiting | undefined {
    return this.#waiting.get(name);
  }

  /**
   * Everything that is not yet at rest, in an order in which it can be written; undefined when it takes more than about
   * `maxBytes`.
   */
  unwritten(maxBytes = Infinity): readonly Unwritten[] | undefined {
    if (this.#dirtyBytes > maxBytes) {
      return undefined;
    }
    // Rows come into being when they are asked for, and with them those that they refer to.
    const changes = [...this.#leaving.values(), ...this.#waiting.values()].map(({ place, change }) => ({
      place,
      rows: change.rowsToJournal?.() ?? change.rows(),
    }));
    const first = [...(this.#batch?.first ?? []), ...this.#first];
    return [...first.map(({ place, row }) => ({ place, rows: [row] })), ...changes];
  }

  /** Writes `row` before every change that is made after this call. */
  addRow(row: Write): void {
    const place = ++this.#last;
    this.#first.push({ place, row });
    this.#dirtyBytes += writeBytes([row]);
    this.#changed({ place, rows: [row] });
  }

  /**
   * Writes what `change` says in place of what waits to be written for the same thing.
   *
   * @param journalled what is to be remembered of it until then; good until this returns.
   */
  change(change: Change, journalled: readonly Row[]): Waiting {
    const waiting = this.#wait(change, undefined);
    if (change.isSettled === true) {
      this.#settledBytes += change.bytes;
    }
    this.#changed({ place: waiting.place, rows: journalled });
    return waiting;
  }

  /** As `change`, of a thing of which a change waits (`isWaiting`): whoever holds on to that need not look for it. */
  changeWaiting(waiting: Waiting, change: Change, journalled: readonly Row[]): void {
    this.#replace(waiting, change);
    this.#changed({ place: waiting.place, rows: journalled });
  }

  /** As `change`, of rows that are there. */
  changeRows(rows: readonly [Write, ...Write[]]): void {
    this.change(new RowsChange(rows), rows);
  }

  /**
   * Takes over what was to be written when the process ended, in the order in which it was changed then. It is written when
   * something changes, or `begin` is called: not before all of it has been taken over, since later changes of a thing
   * stand at the place of the first.
   */
  restore({ place, rows }: { readonly place: number; readonly rows: readonly Write[] }): void {
    const [first, ...others] = rows;
    if (place <= this.#written) {
      return;
    }
    this.#last = Math.max(this.#last, place);
    if (first === undefined) {
      return;
    }
    if (first.database === 'contexts' || first.database === 'descriptors') {
      this.#first.push({ place, row: first });
      this.#dirtyBytes += writeBytes([first]);
    } else {
      this.#wait(new RowsChange([first, ...others]), place);
    }
  }

  /** Writes what was taken over. */
  begin(): void {
    if (this.#isDirty) {
      this.#writeLater(this.#options.intervalMs);
    }
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

  /** `place`: where it stood before; undefined: it is new. */
  #wait(change: Change, place: number | undefined): Waiting {
    const { name, bytes } = change;
    const replaced = this.#waiting.get(name);
    if (replaced !== undefined && (place === undefined || place === replaced.place)) {
      this.#replace(replaced, change);
      return replaced;
    }
    if (replaced !== undefined) {
      this.#dirtyBytes -= replaced.bytes;
      replaced.isWaiting = false;
      this.#waiting.delete(name);
    }
    const waiting = { place: place ?? ++this.#last, change, bytes, isWaiting: true };
    this.#waiting.set(name, waiting);
    this.#dirtyBytes += bytes;
    return waiting;
  }

  #replace(waiting: MutableWaiting, change: Change): void {
    this.#dirtyBytes += change.bytes - waiting.bytes;
    waiting.change = change;
    waiting.bytes = change.bytes;
  }

  #changed(change: Unwritten): void {
    this.#options.onChange(change, this.#last);
    const isMuch = this.#dirtyBytes > this.#options.eagerBytes || this.#settledBytes > SETTLED_BYTES;
    if (isMuch && this.#failure === undefined) {
      this.#writeUpTo(this.#last);
    } else if (this.#running === undefined) {
      this.#writeLater(this.#options.intervalMs);
    }
  }

  #writeUpTo(place: number): void {
    this.#target = Math.max(this.#target, place);
    this.#settledBytes = 0;
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
      this.#writeLater(this.#failure === undefined ? this.#options.intervalMs : this.#retryMs);
    }
  }

  get #isDirty(): boolean {
    return (
      this.#leaving.size > 0 || this.#waiting.size > 0 || this.#first.length > 0 || this.#batch !== undefined
    );
  }

  #writeLater(delayMs: number): void {
    if (this.#timer === undefined && !this.#stopped) {
      this.#timer = this.#options.clock.after(delayMs, () => {
        this.#timer = undefined;
        this.#writeUpTo(this.#last);
      });
    }
  }

  async #writeBatch(): Promise<void> {
    const batch = (this.#batch ??= await this.#nextBatch());
    await this.#options.write([...batch.writes, placeRow(batch.last)]);
    for (const { bytes } of batch.changes.values()) {
      this.#dirtyBytes -= bytes;
    }
    this.#dirtyBytes -= writeBytes(batch.first.map(({ row }) => row));
    this.#batch = undefined;
    this.#leaving = new Map();
    this.#onWritten(batch.last);
  }

  /** Takes what has waited longest. Meanwhile other things may change, and those that are taken change anew. */
  async #nextBatch(): Promise<Batch> {
    const { clock } = this.#options;
    const changes = new Map<string, MutableWaiting>();
    this.#leaving = changes;
    const rows: Write[] = [];
    const newest = this.#last;
    let bytes = 0;
    let last = this.#written;
    let sliceEnd = clock.monotonic() + SLICE_MS;
    for (const [name, waiting] of this.#waiting) {
      if (waiting.place > newest) {
        break;
      }
      const made = this.#rowsOf(waiting, changes);
      this.#waiting.delete(name);
      waiting.isWaiting = false;
      changes.set(name, waiting);
      rows.push(...made);
      bytes += writeBytes(made);
      last = waiting.place;
      if (bytes >= BATCH_BYTES) {
        break;
      }
      if (clock.monotonic() > sliceEnd) {
        await this.#rest();
        sliceEnd = clock.monotonic() + SLICE_MS;
      }
    }
    // Behind the changes, whose rows may have brought some that they refer to.
    const first = this.#first;
    this.#first = [];
    const writes = [...first.map(({ row }) => row), ...rows];
    return { first, changes, writes, last: this.#waiting.size === 0 ? this.#last : last };
  }

  /** Where they cannot be made, what was taken before waits again: nothing is lost, and it is said that nothing is written. */
  #rowsOf(waiting: Waiting, taken: ReadonlyMap<string, MutableWaiting>): readonly Write[] {
    try {
      return waiting.change.rows();
    } catch (error) {
      this.#takeBack(taken);
      throw error;
    }
  }

  /** Before what waits: it has waited longer. */
  #takeBack(taken: ReadonlyMap<string, MutableWaiting>): void {
    const behind = [...this.#waiting];
    this.#waiting.clear();
    this.#leaving = new Map();
    for (const [name, waiting] of taken) {
      waiting.isWaiting = true;
      this.#waiting.set(name, waiting);
    }
    for (const [name, waiting] of behind) {
      const replaced = this.#waiting.get(name);
      if (replaced !== undefined) {
        replaced.isWaiting = false;
        this.#dirtyBytes -= replaced.bytes;
        this.#waiting.delete(name);
      }
      this.#waiting.set(name, waiting);
    }
  }

  /** What has changed in seconds need not be put together at once: messages would wait for it. */
  #rest(): Promise<void> {
    const { clock, eagerBytes } = this.#options;
    const isAwaited = this.#waiters.length > 0 || this.#roomWaiters.length > 0 || this.#stopped;
    return new Promise((resolve) => {
      if (isAwaited || this.#dirtyBytes > eagerBytes) {
        setImmediate(resolve);
      } else {
        clock.after(REST_MS, resolve);
      }
    });
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
