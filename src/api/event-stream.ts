import type { Writable } from 'node:stream';
import type { EventLog } from './event-log.js';

/** Written to a reader in one go, before others get their turn. */
const BATCH_CHARACTERS = 16_384;

/** Identifies an event over restarts of the node: the life of the node, and the sequence within it. */
export interface EventId {
  readonly life: string;
  readonly sequence: number;
}

export function formatEventId({ life, sequence }: EventId): string {
  return `${life}-${sequence}`;
}

/** Undefined when it is none of ours. */
export function parseEventId(text: string): EventId | undefined {
  const match = /^([0-9a-z]{1,32})-(\d{1,15})$/.exec(text);
  return match?.[1] === undefined ? undefined : { life: match[1], sequence: Number(match[2]) };
}

export interface EventStreamOptions {
  readonly log: EventLog;
  /** Tells the ids of this node's life from those of earlier ones. */
  readonly life: string;
  /** Only sessions and attributes of this context; members always. */
  readonly context?: string | undefined;
  /** Last-Event-ID of a reader that comes back. */
  readonly lastEventId?: string | undefined;
}

/**
 * One reader of the event log. It is a position in the log, not a queue: the log goes on whether the reader keeps up or not, and
 * what the reader's connection cannot take now is read from the log later. Events that have left the log by then are
 * reported as `missed`.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #output: Writable;
  readonly #unsubscribe: () => void;
  /** Sequence of the event to be sent next. */
  #position: number;
  #scheduled = false;
  #blocked = false;

  constructor(output: Writable, options: EventStreamOptions) {
    this.#output = output;
    this.#options = options;
    const { log, life, lastEventId } = options;
    log.follow();
    this.#position = log.next;
    let preamble = 'retry: 1000\n';
    const resumed = lastEventId === undefined ? undefined : parseEventId(lastEventId);
    if (resumed?.life === life && resumed.sequence < log.next && resumed.sequence + 1 >= log.followedFrom) {
      this.#position = resumed.sequence + 1;
      preamble += '\n';
    } else {
      // An id without data: the browser remembers it, so that whoever breaks off before the first event can come back.
      preamble += `id: ${this.#id(log.next - 1)}\n\n`;
      if (lastEventId !== undefined && lastEventId !== '') {
        preamble += missedText(null, this.#id(log.next - 1));
      }
    }
    this.#write(preamble);
    output.on('drain', () => {
      this.#blocked = false;
      this.#schedule();
    });
    this.#unsubscribe = log.onAppend(() => this.#schedule());
    this.#schedule();
  }

  /** A comment, so that proxies and the reader know that the connection lives. */
  keepAlive(): void {
    if (!this.#blocked) {
      this.#write(': still here\n\n');
    }
  }

  close(): void {
    this.#unsubscribe();
    this.#output.end();
  }

  /** Many events of one turn of the event loop make one write; what is more waits for the next one. */
  #schedule(): void {
    if (!this.#scheduled && !this.#blocked && this.#position < this.#options.log.next) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#pump();
      });
    }
  }

  #pump(): void {
    const { log } = this.#options;
    if (!this.#blocked && !this.#output.writableEnded && this.#position < log.next) {
      this.#write(this.#nextBatch());
      this.#schedule();
    }
  }

  #nextBatch(): string {
    const { log, context } = this.#options;
    let batch = '';
    if (this.#position < log.first) {
      batch += missedText(log.first - this.#position, this.#id(log.first - 1));
      this.#position = log.first;
    }
    while (this.#position < log.next && batch.length < BATCH_CHARACTERS) {
      const event = log.at(this.#position, context);
      if (event !== undefined) {
        batch += `id: ${this.#id(event.sequence)}\nevent: ${event.topic}\ndata: ${event.json}\n\n`;
      }
      this.#position++;
    }
    return batch;
  }

  #write(text: string): void {
    if (text !== '' && !this.#output.write(text)) {
      this.#blocked = true;
    }
  }

  #id(sequence: number): string {
    return formatEventId({ life: this.#options.life, sequence });
  }
}

/** `count` is null when the reader comes from another life of the node, or from before the log was forsaken. */
function missedText(count: number | null, id: string): string {
  return `id: ${id}\nevent: missed\ndata: ${JSON.stringify({ type: 'missed', count })}\n\n`;
}
