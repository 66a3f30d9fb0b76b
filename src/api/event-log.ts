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

export interface EventLogOptions {
  /** Events kept at most. */
  readonly maxEvents: number;
  /** Their size together at most, in bytes as estimated. */
  readonly maxBytes: number;
}

/**
 * The last events of the node, for readers that each go at their own pace. Appending costs the same whether anybody
 * reads or not; a reader that is too slow finds its place gone (`first` has passed it), and nothing else happens.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #wakers = new Set<() => void>();
  /** In a ring; made as they are needed. */
  readonly #slots: EventSlot[] = [];
  #first = 1;
  #next = 1;
  #bytes = 0;

  constructor(options: EventLogOptions) {
    this.#options = options;
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

  /** Calls `wake` after every append, until the returned function is called. `wake` must be quick. */
  onAppend(wake: () => void): () => void {
    this.#wakers.add(wake);
    return () => this.#wakers.delete(wake);
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
