import { Fifo, type Clock } from '../base/index.js';

/** Milliseconds for which messages are processed at a stretch while other connections and timers wait. */
const SLICE_MS = 5;

/** The clock is read each time that about this much has been done. A message counts as its bytes, and so much more. */
const WORK_PER_LOOK = 8192;
const WORK_PER_MESSAGE = 1024;

export interface MessageQueueOptions<T> {
  readonly clock: Clock;
  /** Has processed the message when it returns, or when the promise resolves. Neither throws nor rejects. */
  readonly process: (message: T) => void | Promise<void>;
  /** Told when no message is processed for now: all are, or one is waited for, or the next slice is. */
  readonly onPause: () => void;
}

/**
 * The messages of one connection, until they are processed: strictly one after the other, in the order in which they
 * were pushed. Those that need not be waited for are processed without a promise, and in one turn of the event loop, but
 * no longer than for a slice.
 */
export class MessageQueue<T extends { readonly bytes: number }> {
  readonly #options: MessageQueueOptions<T>;
  readonly #waiting = new Fifo<T>();
  #bytes = 0;
  #isProcessing = false;
  #sliceEnd = 0;
  #workSinceLook = 0;

  constructor(options: MessageQueueOptions<T>) {
    this.#options = options;
  }

  /** Of all messages that are not processed, the one that is being processed included. */
  get bytes(): number {
    return this.#bytes;
  }

  get isDone(): boolean {
    return !this.#isProcessing && this.#waiting.length === 0;
  }

  push(message: T): void {
    this.#waiting.push(message);
    this.#bytes += message.bytes;
  }

  /** Begins, where that is not under way, to process what has been pushed. */
  process(): void {
    if (!this.#isProcessing) {
      this.#beginSlice();
    }
  }

  #beginSlice(): void {
    this.#sliceEnd = this.#options.clock.monotonic() + SLICE_MS;
    this.#goOn();
  }

  #goOn(): void {
    for (let message = this.#next(); message !== undefined; message = this.#next()) {
      const { bytes } = message;
      const processing = this.#options.process(message);
      if (processing instanceof Promise) {
        void processing.then(() => {
          this.#processed(bytes);
          this.#goOn();
        });
        break;
      }
      this.#processed(bytes);
    }
    this.#options.onPause();
  }

  /** The message whose turn it is; none when there is none, or when first it is the turn of others. */
  #next(): T | undefined {
    if (this.#waiting.length > 0 && this.#isSliceOver()) {
      setImmediate(() => this.#beginSlice());
      return undefined;
    }
    const message = this.#waiting.shift();
    this.#isProcessing = message !== undefined;
    return message;
  }

  #processed(bytes: number): void {
    this.#bytes -= bytes;
    this.#workSinceLook += WORK_PER_MESSAGE + bytes;
  }

  #isSliceOver(): boolean {
    if (this.#workSinceLook < WORK_PER_LOOK) {
      return false;
    }
    this.#workSinceLook = 0;
    return this.#options.clock.monotonic() > this.#sliceEnd;
  }
}
