import type { UniqueId } from '../../base/index.js';
import { AgedMap } from './aged-map.js';

/** Milliseconds after which a measurement gives way to newer ones: clocks are set now and then. */
const PERIOD_MS = 300_000;

/** Senders remembered; those who have left count too, since sessions that they changed are still compared. */
const MAX_SENDERS = 4096;

interface Measured {
  /** Smallest difference of the current and of the last period. */
  current: number;
  previous: number;
  since: number;
}

/**
 * How far the clocks of others are behind ours. A message that took no time would show it exactly; so the smallest
 * difference between our clock at its arrival and its time stamp is the best that can be known.
 */
export class ClockSkew {
  readonly #measured = new AgedMap<UniqueId, Measured>(Infinity, MAX_SENDERS);
  /** Measured by the run before this one: good until somebody is heard anew. */
  readonly #inherited = new AgedMap<UniqueId, number>(Infinity, MAX_SENDERS);

  inherit(sender: UniqueId, difference: number): void {
    this.#inherited.set(sender, difference, 0);
  }

  /** @param sent the sender's clock when it sent a message; @param arrived our clock when it came. */
  observe(sender: UniqueId, sent: number, arrived: number): void {
    const difference = arrived - sent;
    const measured = this.#measured.get(sender);
    if (measured === undefined) {
      this.#measured.set(sender, { current: difference, previous: difference, since: arrived }, arrived);
    } else if (arrived - measured.since < PERIOD_MS) {
      measured.current = Math.min(measured.current, difference);
    } else {
      this.#measured.set(
        sender,
        { current: difference, previous: measured.current, since: arrived },
        arrived,
      );
    }
  }

  /** Milliseconds to add to the sender's time to have ours; 0 for somebody not heard of. */
  of(sender: UniqueId | null): number {
    if (sender === null) {
      return 0;
    }
    const measured = this.#measured.get(sender);
    return measured === undefined
      ? (this.#inherited.get(sender) ?? 0)
      : Math.min(measured.current, measured.previous);
  }
}
