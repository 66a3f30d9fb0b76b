/** Hands things on one after the other, in the order in which they were given, though handing on may take its time. */
export class DeliveryLine<T> {
  readonly #deliver: (item: T) => void | Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  /** Ends when everything that was given has been handed on; does not reject. */
  #last: Promise<void> | undefined;

  /** @param onFailure told of what could not be handed on, `own` apart. */
  constructor(deliver: (item: T) => void | Promise<void>, onFailure: (error: unknown) => void) {
    this.#deliver = deliver;
    this.#onFailure = onFailure;
  }

  /** Fails when `own`, which is one of the items or waits elsewhere, could not be handed on. */
  deliver(items: readonly T[], own?: T): void | Promise<void> {
    const [first] = items;
    if (first === undefined) {
      return;
    }
    const isAlone = this.#last === undefined && items.length === 1 && first === own;
    const delivery = isAlone ? this.#deliver(first) : this.#deliverAll(this.#last, items, own);
    if (delivery instanceof Promise) {
      this.#follow(delivery);
    }
    return delivery;
  }

  async #deliverAll(before: Promise<void> | undefined, items: readonly T[], own?: T): Promise<void> {
    await before;
    const failures: unknown[] = [];
    for (const item of items) {
      try {
        await this.#deliver(item);
      } catch (error) {
        if (item === own) {
          failures.push(error);
        } else {
          this.#onFailure(error);
        }
      }
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  #follow(delivery: Promise<void>): void {
    const ended = delivery
      .catch(() => undefined)
      .then(() => {
        if (this.#last === ended) {
          this.#last = undefined;
        }
      });
    this.#last = ended;
  }
}
