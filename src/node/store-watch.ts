import type { Clock, SessionStore, Timer } from '../base/index.js';

/** How often the store is asked whether it can write. */
const PERIOD_MS = 5_000;

/** A store that has not come to rest for that long is in trouble, although it has not said so. */
const PATIENCE_MS = 15_000;

const DAMAGED_JOURNAL =
  'They were damaged, or are not of this data file, and what they held is lost here unless other members have it. ' +
  'The log of the start names them; look at the disk, and remove those that end in .damaged or .foreign: the next start ' +
  'says nothing of them then.';

const UNREADABLE_RECORDS =
  'Each costs its session until it changes next, unless another member has it. The log says which ' +
  '(TRIBES_E_STORE_RECORD); look at the disk. To be rid of them, export the sessions and import them into a new ' +
  'directory, or start with an empty one beside running Tomcats.';

/** Whether what the node accepts comes to rest. */
export class StoreWatch {
  readonly #store: Pick<SessionStore, 'flush' | 'statistics'>;
  readonly #clock: Clock;
  readonly #timer: Timer;
  #waitingSince: number | undefined;

  constructor(store: Pick<SessionStore, 'flush' | 'statistics'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#timer = clock.every(PERIOD_MS, () => void this.#look());
  }

  /** Why the store is not in order; undefined when it is. */
  get problem(): string | undefined {
    const { problem } = this.#store.statistics();
    if (problem !== null) {
      return problem;
    }
    const waiting = this.#waitingSince === undefined ? 0 : this.#clock.monotonic() - this.#waitingSince;
    return waiting > PATIENCE_MS
      ? `sessions have not been written for ${Math.round(waiting / 1000)} s`
      : undefined;
  }

  /** What cannot be read of what rested. What can goes on as ever, so that is no problem. */
  get warnings(): readonly string[] {
    const { journalDamaged, unreadable } = this.#store.statistics();
    return [
      ...(journalDamaged === 0
        ? []
        : [`files of the journal kept aside: ${journalDamaged}. ${DAMAGED_JOURNAL}`]),
      ...(unreadable === 0 ? [] : [`unreadable records of the store: ${unreadable}. ${UNREADABLE_RECORDS}`]),
    ];
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    if (this.#waitingSince !== undefined) {
      return;
    }
    this.#waitingSince = this.#clock.monotonic();
    try {
      await this.#store.flush();
    } catch {
      // The statistics say so, until something can be written again.
    } finally {
      this.#waitingSince = undefined;
    }
  }
}
