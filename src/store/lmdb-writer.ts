import { Worker } from 'node:worker_threads';
import { encodeBatch, type Write } from './write-batch.js';

export interface WriterData {
  readonly directory: string;
  readonly secret: Uint8Array | undefined;
}

export type WriterRequest = Uint8Array | 'close';

export type WriterReply = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * Writes to LMDB from a thread of its own, so that a slow disk never holds up the event loop. (lmdb-js can write from
 * a thread by itself, but then reports a failed commit to stderr and as a rejection that nobody can handle.)
 */
export class LmdbWriter {
  readonly #worker: Worker;
  /** Serves the request under way. */
  #settle: ((reply: WriterReply) => void) | undefined;
  #failure: string | undefined;

  private constructor(directory: string, secret: Buffer | undefined) {
    this.#worker = new Worker(new URL('./lmdb-writer-thread.js', import.meta.url), {
      workerData: { directory, secret } satisfies WriterData,
    });
    this.#worker.on('message', (reply: WriterReply) => this.#settle?.(reply));
    this.#worker.on('error', (error: Error) => this.#fail(error.message));
    this.#worker.on('exit', () => this.#fail('the writing thread has ended'));
  }

  /** `secret`: what values are encrypted with. */
  static async start(directory: string, secret?: Buffer): Promise<LmdbWriter> {
    const writer = new LmdbWriter(directory, secret);
    await writer.#request(() => undefined);
    return writer;
  }

  /** Resolves when all of `writes` are on disk; rejects when none is. One call at a time. */
  async write(writes: readonly Write[]): Promise<void> {
    const batch = encodeBatch(writes);
    await this.#request(() => this.#worker.postMessage(batch, [batch.buffer]));
  }

  async close(): Promise<void> {
    try {
      await this.#request(() => this.#worker.postMessage('close'));
    } finally {
      await this.#worker.terminate();
    }
  }

  /** The thread keeps the process alive while it works, and only then. */
  async #request(send: () => void): Promise<void> {
    const reply = await new Promise<WriterReply>((resolve) => {
      this.#settle = resolve;
      if (this.#failure !== undefined) {
        resolve({ ok: false, reason: this.#failure });
        return;
      }
      this.#worker.ref();
      send();
    });
    this.#settle = undefined;
    this.#worker.unref();
    if (!reply.ok) {
      throw new Error(reply.reason);
    }
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#settle?.({ ok: false, reason: this.#failure });
  }
}
