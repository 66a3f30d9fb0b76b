/** `member`, `session` or `attribute`: what the event is about. */
export type EventTopic = 'member' | 'session' | 'attribute';

/** One thing that happened, as it is sent. */
export interface LoggedEvent {
  /** Counts from 1 within the life of the node. */
  readonly sequence: number;
  readonly topic: EventTopic;
  /** The context it happened in; null for members. */
  readonly context: string | null;
  /** One line of JSON; made when the first reader asks for it. */
  readonly json: string;
}

export interface EventLogOptions {
  /** Events kept at most. */
  readonly maxEvents: number;
  /** Their size together at most, in bytes as estimated by `append`. */
  readonly maxBytes: number;
}

/** What an event takes beside its texts. */
const EVENT_BYTES = 256;

/**
 * The last events of the node, for readers that each go at their own pace. Appending costs the same whether anybody
 * reads or not; a reader that is too slow finds its place gone (`first` has passed it), and nothing else happens.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #wakers = new Set<() => void>();
  readonly #ring: (Entry | undefined)[];
  #first = 1;
  #next = 1;
  #bytes = 0;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#ring = new Array<Entry | undefined>(options.maxEvents);
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
    const entry = new Entry(this.#next, topic, context, data, EVENT_BYTES + 2 * textLength);
    if (this.#next - this.#first === this.#ring.length) {
      this.#dropFirst();
    }
    this.#ring[this.#next % this.#ring.length] = entry;
    this.#next++;
    this.#bytes += entry.bytes;
    while (this.#bytes > this.#options.maxBytes && this.#first < this.#next - 1) {
      this.#dropFirst();
    }
    for (const wake of this.#wakers) {
      wake();
    }
  }

  /** The event of that number, if it is still here. */
  at(sequence: number): LoggedEvent | undefined {
    return sequence >= this.#first && sequence < this.#next
      ? this.#ring[sequence % this.#ring.length]
      : undefined;
  }

  /** Calls `wake` after every append, until the returned function is called. `wake` must be quick. */
  onAppend(wake: () => void): () => void {
    this.#wakers.add(wake);
    return () => this.#wakers.delete(wake);
  }

  #dropFirst(): void {
    const index = this.#first % this.#ring.length;
    this.#bytes -= this.#ring[index]?.bytes ?? 0;
    this.#ring[index] = undefined;
    this.#first++;
  }
}

class Entry implements LoggedEvent {
  readonly sequence: number;
  readonly topic: EventTopic;
  readonly context: string | null;
  readonly bytes: number;
  readonly #data: object;
  #json: string | undefined;

  constructor(sequence: number, topic: EventTopic, context: string | null, data: object, bytes: number) {
    this.sequence = sequence;
    this.topic = topic;
    this.context = context;
    this.bytes = bytes;
    this.#data = data;
  }

  get json(): string {
    return (this.#json ??= JSON.stringify(this.#data));
  }
}
