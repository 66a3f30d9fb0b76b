/** A value, and the class on account of which it does not go, or may go in vain; if it is one. */
export interface NamedValue {
  readonly name: string;
  readonly className?: string;
}

/**
 * Why a value does not go, or may go in vain.
 * - `leftOut`: it is of a servlet API that the asker does not have.
 * - `uncut`: it is kept with the message that brought it, since it could not be understood.
 * - `inDoubt`: it is sent, but of a servlet API of which nobody knows whether the asker has it.
 */
export type Reservation = 'leftOut' | 'uncut' | 'inDoubt';

export type Reserved = Readonly<Record<Reservation, readonly NamedValue[]>>;

const RESERVATIONS: readonly Reservation[] = ['leftOut', 'uncut', 'inDoubt'];

const MAX_EXAMPLES = 5;

/** Counts values of which there is something to say, and keeps the first of each kind. */
export class ReservationTally {
  readonly #counts: Record<Reservation, number> = { leftOut: 0, uncut: 0, inDoubt: 0 };
  readonly #examples: Record<Reservation, NamedValue[]> = { leftOut: [], uncut: [], inDoubt: [] };

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
