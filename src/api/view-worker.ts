import { Worker } from 'node:worker_threads';
import { TribesError, messageOf, type ErrorCode } from '../base/index.js';
import type { ShownLimits } from './attribute-view.js';
import type { ViewTask } from './view-task.js';

export type ViewReply =
  | { readonly ok: true; readonly results: readonly Uint8Array[] }
  | { readonly ok: false; readonly code: ErrorCode; readonly params: TribesError['params'] }
  | { readonly ok: false; readonly code: null; readonly message: string };

interface Waiting {
  readonly task: ViewTask;
  readonly settle: (outcome: ViewReply | Error) => void;
}

/**
 * Makes views in a thread of its own, with a bound on its memory: whatever a large or hostile value takes, the event
 * loop goes on, and the node lives. The thread is started when there is something to do for the first time, and anew after it
 * ran out of memory.
 */
export class ViewWorker {
  readonly #limits: ShownLimits;
  readonly #maxMemoryMiB: number;
  readonly #waiting: Waiting[] = [];
  #worker: Worker | undefined;
  #closed = false;

  constructor(limits: ShownLimits, maxMemoryMiB: number) {
    this.#limits = limits;
    this.#maxMemoryMiB = maxMemoryMiB;
  }

  /** Errors: those of `runViewTask`; TRIBES_E_API_NOT_SHOWN. */
  async run(task: ViewTask): Promise<readonly Uint8Array[]> {
    const outcome = await new Promise<ViewReply | Error>((settle) => {
      this.#waiting.push({ task, settle });
      if (this.#waiting.length === 1) {
        this.#next();
      }
    });
    if (outcome instanceof Error || (!outcome.ok && outcome.code === null)) {
      const { length: bytes } = task.group.stream;
      throw new TribesError('TRIBES_E_API_NOT_SHOWN', { bytes, reason: outcome.message });
    }
    if (!outcome.ok) {
      throw new TribesError(outcome.code, outcome.params);
    }
    return outcome.results;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    this.#next();
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      return;
    }
    if (this.#closed) {
      this.#settle(new Error('the interface is closed'));
      return;
    }
    const stream = new Uint8Array(first.task.group.stream); // a copy of the stream alone, not of what it lies in
    const { names, uncut } = first.task.group;
    const group = { names, stream, ...(uncut !== undefined && { uncut }) };
    const task = { ...first.task, group };
    this.#worker ??= this.#start();
    this.#worker.postMessage(task, [stream.buffer]);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./view-thread.js', import.meta.url), {
      workerData: this.#limits,
      resourceLimits: { maxOldGenerationSizeMb: this.#maxMemoryMiB },
    });
    worker.unref();
    worker.on('message', (reply: ViewReply) => this.#settle(reply));
    worker.on('error', (error: unknown) => {
      this.#worker = undefined;
      this.#settle(new Error(messageOf(error), { cause: error }));
    });
    return worker;
  }

  #settle(outcome: ViewReply | Error): void {
    this.#waiting.shift()?.settle(outcome);
    this.#next();
  }
}
