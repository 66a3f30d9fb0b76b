import type { EventHub } from './event-hub.js';
import type { MirrorEvent, MirrorEvents, MissedEvents } from './mirror-event.js';

/** Which events a reader is given, and how many wait for it. */
export interface EventOptions<Type extends MirrorEvent['type'] = MirrorEvent['type']> {
  /** Only events of these types; default: all. */
  readonly types?: readonly Type[];
  /** Only events of sessions of this context, and those that are not about sessions; default: all. */
  readonly context?: string;
  /** Events kept for the reader while it is busy, 1 to 1,000,000; the oldest go first. Default 1000. */
  readonly buffer?: number;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
}

const BUFFER = 1000;
const MAX_BUFFER = 1_000_000;

/**
 * The events from its making on, at the reader's own pace. It ends when the mirror leaves the cluster, when the signal says
 * so, and when the loop over it is left.
 */
export class EventReader<Type extends MirrorEvent['type']> implements AsyncIterableIterator<
  MirrorEvents[Type] | MissedEvents
> {
  readonly #limit: number;
  readonly #stop: () => void;
  #events: MirrorEvents[Type][] = [];
  /** Of `#events`, how many have been read. */
  #read = 0;
  #missed = 0;
  #ended = false;
  #wake: (() => void)[] = [];

  constructor(hub: EventHub, { types, context, buffer = BUFFER, signal }: EventOptions<Type>) {
    this.#limit = buffer >= 1 ? Math.min(Math.trunc(buffer), MAX_BUFFER) : 1;
    const wanted: ReadonlySet<string> | undefined = types && new Set(types);
    const remove = hub.add(
      (event) => {
        const elsewhere = context !== undefined && 'context' in event && event.context !== context;
        if (!elsewhere && (wanted?.has(event.type) ?? true)) {
          this.#push(event as MirrorEvents[Type]);
        }
      },
      () => this.#end(),
    );
    const onAbort = (): void => this.#end();
    this.#stop = () => {
      remove();
      signal?.removeEventListener('abort', onAbort);
    };
    if (!hub.isOpen || signal?.aborted === true) {
      this.#end();
    } else {
      signal?.addEventListener('abort', onAbort);
    }
  }

  /** What is kept is still given when the stream has ended; then it is done. */
  async next(): Promise<IteratorResult<MirrorEvents[Type] | MissedEvents, undefined>> {
    for (;;) {
      if (this.#missed > 0) {
        const count = this.#missed;
        this.#missed = 0;
        return { done: false, value: { type: 'missed', count } };
      }
      const event = this.#shift();
      if (event !== undefined) {
        return { done: false, value: event };
      }
      if (this.#ended) {
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  return(): Promise<IteratorResult<MirrorEvents[Type] | MissedEvents, undefined>> {
    this.#events = [];
    this.#read = 0;
    this.#missed = 0;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #push(event: MirrorEvents[Type]): void {
    this.#events.push(event);
    if (this.#events.length - this.#read > this.#limit) {
      this.#shift();
      this.#missed++;
    }
    this.#wakeUp();
  }

  #shift(): MirrorEvents[Type] | undefined {
    const event = this.#events[this.#read];
    if (event !== undefined) {
      this.#read++;
      // No more than half of the array is dead.
      if (this.#read * 2 >= this.#events.length) {
        this.#events = this.#events.slice(this.#read);
        this.#read = 0;
      }
    }
    return event;
  }

  #end(): void {
    this.#ended = true;
    this.#stop();
    this.#wakeUp();
  }

  #wakeUp(): void {
    const waiting = this.#wake;
    this.#wake = [];
    waiting.forEach((wake) => wake());
  }
}
