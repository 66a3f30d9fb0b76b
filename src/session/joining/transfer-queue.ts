/** Something that a state transfer brought, to be taken in behind what came before it. */
export interface QueuedTransfer {
  readonly bytes: number;
  /** Takes it in. Never rejects. */
  readonly takeIn: () => Promise<void>;
}

interface Waiting {
  readonly transfer: QueuedTransfer;
  readonly accepted: () => void;
}

/**
 * What has come of state transfers and is not taken in yet, in order. A donor waits for the acknowledgement of what it
 * sent, 5 seconds at most; so it is acknowledged as soon as it stands here, and taken in afterwards, in slices.
 */
export class TransferQueue {
  readonly #maxBytes: number;
  readonly #queue: QueuedTransfer[] = [];
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #worker: Promise<void> | null = null;
  #closed = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that stand in the queue, without those that wait to get in. */
  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Resolves when there is room for it, and it stands in the queue; there is always room for one. */
  add(transfer: QueuedTransfer): Promise<void> {
    if (this.#closed) {
      return Promise.resolve();
    }
    if (this.#waiting.length === 0 && this.#hasRoomFor(transfer)) {
      this.#accept(transfer);
      return Promise.resolve();
    }
    return new Promise((accepted) => {
      this.#waiting.push({ transfer, accepted });
    });
  }

  /** Drops what stands in the queue; resolves when what is being taken in has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#queue.length = 0;
    for (const { accepted } of this.#waiting.splice(0)) {
      accepted();
    }
    await this.#worker;
  }

  #hasRoomFor({ bytes }: QueuedTransfer): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#maxBytes;
  }

  #accept(transfer: QueuedTransfer): void {
    this.#bytes += transfer.bytes;
    this.#queue.push(transfer);
    this.#worker ??= this.#work();
  }

  async #work(): Promise<void> {
    // Whoever adds goes on first: acknowledging comes before taking in.
    await Promise.resolve();
    for (let transfer = this.#queue.shift(); transfer !== undefined; transfer = this.#queue.shift()) {
      await transfer.takeIn();
      this.#bytes -= transfer.bytes;
      this.#admit();
    }
    this.#worker = null;
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first !== undefined && !this.#closed; first = this.#waiting[0]) {
      if (!this.#hasRoomFor(first.transfer)) {
        return;
      }
      this.#waiting.shift();
      this.#accept(first.transfer);
      first.accepted();
    }
  }
}
