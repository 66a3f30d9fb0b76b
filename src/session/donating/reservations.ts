/** A value that does not go, and the class that is in its way, if it is one. */
export interface NamedValue {
  readonly name: string;
  readonly className?: string;
}

/**
 * Why a value does not go.
 * - `leftOut`: it is of a servlet API that the asker does not have.
 * - `uncut`: it is kept with the message that brought it, since it could not be understood.
 */
export type Reservation = 'leftOut' | 'uncut';

export type Reserved = Readonly<Record<Reservation, readonly NamedValue[]>>;

const RESERVATIONS: readonly Reservation[] = ['leftOut', 'uncut'];

const MAX_EXAMPLES = 5;

/** Counts values of which there is something to say, and keeps the first of each kind. */
export class ReservationTally {
  readonly #counts = { leftOut: 0, uncut: 0 };
  readonly #examples = { leftOut: [] as NamedValue[], uncut: [] as NamedValue[] };

  add(reserved: Reserved): void {
    for (const reservation of RESERVATIONS) {
      const values = reserved[reservation];
      const examples = this.#examples[reservation];
      this.#counts[reservation] += values.length;
      examples.push(...values.slice(0, MAX_EXAMPLES - examples.length));
    }
  }

  get counts(): Readonly<Record<Reservation, number>> {
    return { ...this.#counts };
  }

  get examples(): Reserved {
    return this.#examples;
  }
}
