import type { SessionEvent } from '../session/index.js';
import { EventSlot, type EventTopic } from './event-slot.js';

/** One thing that happened, as it is sent. */
export interface LoggedEvent {
  /** Counts from 1 within the life of the node. */
  readonly sequence: number;
  readonly topic: EventTopic;
  /** The context it happened in; null for members. */
  readonly context: string | null;
  /** One line of JSON. */
  readonly json: string;
}

/** Begins to append what happens; returns how that ends. */
export type EventFeed = (log: EventLog) => () => void;

export interface EventLogOptions {
  /** Events kept at most. */
  readonly maxEvents: number;
  /** Their size together at most, in bytes as estimated. */
  readonly maxBytes: number;
}

/**
 * The last events of the node, for readers that each go at their own pace. Appending costs the same however many read; a
 * reader that is too slow finds its place gone (`first` has passed it), and nothing else happens.
 *
 * It is followed from the first reader on, until it no longer has what comes behind the place at which the last one left:
 * whoever comes back then has missed something anyway, and what nobody can read is not kept.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #feed: EventFeed;
  readonly #wakers = new Set<() => void>();
  /** In a ring; made as they are needed. */
  readonly #slots: EventSlot[] = [];
  #first = 1;
  #next = 1;
  #bytes = 0;
  #followedFrom = 1;
  /** Sequence of the first event that the last reader has not had, once it has left. */
  #leftAt: number | null = null;
  #endFeed: (() => void) | null = null;

  /** `feed`: default: others append. */
  constructor(options: EventLogOptions, feed: EventFeed = () => () => undefined) {
    this.#options = options;
    this.#feed = feed;
  }

  get isFollowed(): boolean {
    return this.#endFeed !== null;
  }

  /** Sequence from which on it has been followed: what there was before that, it does not know. */
  get followedFrom(): number {
    return this.#followedFrom;
  }

  /** Sequence of the oldest event that is still here; equals `next` when there is none. */
  get first(): number {
    return this.#first;
  }

  /** Sequence of the event that will be appended next. */
  get next(): number {
    return this.#next;
  }

  /** `data` must not change afterwards. `textLength`: length of the texts in it that others have chosen. */
  append(topic: EventTopic, context: string | null, data: object, textLength: number): void {
    const slot = this.#nextSlot();
    slot.set(topic, context, data, textLength);
    this.#appended(slot);
  }

  appendSession(event: SessionEvent): void {
    const slot = this.#nextSlot();
    slot.setSession(event);
    this.#appended(slot);
  }

  /** The event of that number, if it is still here; with a context, only if it is of that one, or of none. */
  at(sequence: number, only?: string): LoggedEvent | undefined {
    const slot = this.#slots[sequence % this.#options.maxEvents];
    if (slot === undefined || sequence < this.#first || sequence >= this.#next) {
      return undefined;
    }
    const { topic, context } = slot;
    const isWanted = only === undefined || context === null || context === only;
    return isWanted ? { sequence, topic, context, json: slot.json } : undefined;
  }

  /** Follows what happens from now on, if it does not do so already: a reader comes. */
  follow(): void {
    if (this.#endFeed === null) {
      this.#followedFrom = this.#next;
      this.#endFeed = this.#feed(this);
    }
  }

  /**
   * Calls `wake` after every append, until the returned function is called: the reader leaves. `wake` must be quick.
   * To be preceded by `follow`.
   */
  onAppend(wake: () => void): () => void {
    this.#wakers.add(wake);
    this.#leftAt = null;
    return () => {
      if (this.#wakers.delete(wake) && this.#wakers.size === 0) {
        this.#leftAt = this.#next;
      }
    };
  }

  /** Follows nothing any more. */
  close(): void {
    this.#endFeed?.();
    this.#endFeed = null;
  }

  #nextSlot(): EventSlot {
    const { maxEvents } = this.#options;
    if (this.#next - this.#first === maxEvents) {
      this.#dropFirst();
    }
    const index = this.#next % maxEvents;
    return (this.#slots[index] ??= new EventSlot());
  }

  #appended({ size }: EventSlot): void {
    this.#next++;
    this.#bytes += size;
    while (this.#bytes > this.#options.maxBytes && this.#first < this.#next - 1) {
      this.#dropFirst();
    }
    for (const wake of this.#wakers) {
      wake();
    }
    if (this.#isForsaken) {
      this.#rest();
    }
  }

  /** Whether all readers have left, and nobody who comes back finds what comes next for it. */
  get #isForsaken(): boolean {
    return this.isFollowed && this.#wakers.size === 0 && this.#leftAt !== null && this.#first > this.#leftAt;
  }

  /** Until it is followed again. */
  #rest(): void {
    this.close();
    this.#leftAt = null;
    while (this.#first < this.#next) {
      this.#dropFirst();
    }
  }

  #dropFirst(): void {
    const slot = this.#slots[this.#first % this.#options.maxEvents];
    if (slot !== undefined) {
      this.#bytes -= slot.size;
      slot.clear();
    }
    this.#first++;
  }
}
