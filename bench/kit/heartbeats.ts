import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { bounded, type Group } from '../../interop/kit/index.js';
import type { Span } from './delta-pulse.js';
import { percentile } from './statistics.js';

const PATIENCE_MS = 10_000;

/** Listens to a group, and says nothing there. */
export class HeartbeatListener {
  readonly #worker: Worker;
  readonly #frequency: number;

  private constructor(worker: Worker, frequency: number) {
    this.#worker = worker;
    this.#frequency = frequency;
  }

  static async open({ address, port, frequency = 500 }: Group): Promise<HeartbeatListener> {
    const workerData = { address, port, bind: '127.0.0.1' };
    const worker = new Worker(new URL('./heartbeat-worker.js', import.meta.url), { workerData });
    await bounded('somebody listens to the group', PATIENCE_MS, once(worker, 'message'));
    return new HeartbeatListener(worker, frequency);
  }

  /** What has been heard since it was last asked. */
  async take(): Promise<Heartbeats> {
    const answer = once(this.#worker, 'message');
    this.#worker.postMessage('take');
    const [arrivals] = (await bounded('the listener answers', PATIENCE_MS, answer)) as [
      ReadonlyMap<number, readonly number[]>,
    ];
    return new Heartbeats(arrivals, this.#frequency);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** When heartbeats of members were heard, by the port of their receivers. */
export class Heartbeats {
  readonly #arrivals: ReadonlyMap<number, readonly number[]>;
  readonly #frequency: number;

  constructor(arrivals: ReadonlyMap<number, readonly number[]>, frequency: number) {
    this.#arrivals = arrivals;
    this.#frequency = frequency;
  }

  /**
   * By how many milliseconds the time from one heartbeat to the next differs from what it should be: p99 of those of a span of
   * time. @throws Error where nothing was heard then
   */
  jitter(member: { readonly receiverPort: number }, span?: Span): number {
    const times = this.#arrivals.get(member.receiverPort) ?? [];
    const within = times.filter((time) => span === undefined || (time >= span.from && time <= span.to));
    const differences = within
      .slice(1)
      .map((time, index) => Math.abs(time - (within[index] ?? NaN) - this.#frequency));
    if (differences.length === 0) {
      throw new Error(`no heartbeats were heard of the member at port ${member.receiverPort}`);
    }
    return percentile(differences, 99);
  }
}
