/**
 * Whether starting Tomcats take their state from this node: they ask the member with the greatest age.
 *
 * `auto`: age 0 until the node has the sessions of the cluster, then its true age. `never`: age 0 for ever.
 */
export type StateSourcePolicy = 'auto' | 'never';

export interface StateSourceOptions {
  readonly policy: StateSourcePolicy;
  /** Says it to the others. */
  readonly announce: (synchronised: boolean, stateAgeMs?: number) => void;
}

/**
 * What the node says of its age. State: for how long the state that it has has been handed on without a gap, from member
 * to member or by its own disk (its lineage); and whether it is the only one left that has it.
 */
export class StateSource {
  readonly #options: StateSourceOptions;
  /** By our time; null while there is no state. */
  #stateBegan: number | null = null;
  /** The cluster as it was is gone, and we have what it had. */
  #heir = false;
  #synchronised = false;
  #announced = 'no';

  constructor(options: StateSourceOptions) {
    this.#options = options;
  }

  /** A state came from disk. Unless somebody comes who was there when we went, nobody else has it. */
  restore(stateAgeMs: number, now: number): void {
    this.#stateBegan = now - stateAgeMs;
    this.#heir = true;
    this.#announce(now);
  }

  /** Somebody is here who was there when we went, and has a state: the cluster as it was goes on. */
  clusterLives(now: number): void {
    this.#heir = false;
    this.#announce(now);
  }

  /** @param oldestAgeMs age of the longest running of the others, all of whose sessions we have; 0 when we are alone. */
  synchronised(oldestAgeMs: number, now: number): void {
    this.#synchronised = true;
    this.#stateBegan = Math.min(this.#stateBegan ?? now, now - oldestAgeMs);
    this.#announce(now);
  }

  /** We were cut off from somebody, or have just come. */
  incomplete(now: number): void {
    this.#synchronised = false;
    this.#announce(now);
  }

  /** Whether nobody else has what the cluster had, and it may be taken from us. */
  get isHeir(): boolean {
    return this.#heir && this.#options.policy === 'auto';
  }

  /** How long the state has been handed on; null while there is none. */
  stateAge(now: number): number | null {
    return this.#stateBegan === null ? null : Math.max(0, now - this.#stateBegan);
  }

  #announce(now: number): void {
    const { policy, announce } = this.#options;
    const isSource = policy !== 'never' && (this.#heir || this.#synchronised);
    const age = isSource && this.#heir ? this.stateAge(now) : null;
    const said = !isSource ? 'no' : age === null ? 'own age' : `since ${this.#stateBegan}`;
    if (said === this.#announced) {
      return;
    }
    this.#announced = said;
    if (age === null) {
      announce(isSource);
    } else {
      announce(true, age);
    }
  }
}
