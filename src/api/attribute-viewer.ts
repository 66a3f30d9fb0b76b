import { isTribesError, type ShareGroup } from '../base/index.js';
import { isValue, readStream, type JavaValue } from '../java/index.js';
import { failedView, type ShownLimits } from './attribute-view.js';
import { runViewTask, type ViewTask } from './view-task.js';
import { ViewWorker } from './view-worker.js';

/** Streams up to that length are shown in the event loop: it takes a millisecond or so. */
const QUICK_BYTES = 32_768;

/** What the thread for larger ones may take. */
const MAX_MEMORY_MIB = 1_024;

/** Shows what share groups hold. Everything that it gives is UTF-8 text or a Java stream. */
export class AttributeViewer {
  readonly #limits: ShownLimits;
  readonly #worker: ViewWorker;

  constructor(limits: ShownLimits, maxMemoryMiB = MAX_MEMORY_MIB) {
    this.#limits = limits;
    this.#worker = new ViewWorker(limits, maxMemoryMiB);
  }

  /** The JSON of every attribute, in the order of their names. What cannot be shown says so. */
  async group(group: ShareGroup): Promise<readonly Uint8Array[]> {
    try {
      return await this.#run({ make: 'group', group });
    } catch (error) {
      if (!isTribesError(error)) {
        throw error;
      }
      const failed = Buffer.from(JSON.stringify(failedView(error)));
      return group.names.map(() => failed);
    }
  }

  /** The JSON of one attribute. Error: TRIBES_E_API_NOT_SHOWN. */
  async one(group: ShareGroup, index: number): Promise<Uint8Array> {
    return only(await this.#run({ make: 'one', group, index }));
  }

  /** An attribute as a Java stream of its own. Errors: TRIBES_E_SESSION_UNCUT, TRIBES_E_API_NOT_SHOWN, TRIBES_E_JAVA_…. */
  async stream(group: ShareGroup, index: number): Promise<Uint8Array> {
    return only(await this.#run({ make: 'stream', group, index }));
  }

  /** The one value of a small stream as `show` shows it; null when it cannot be read. */
  value<T>(stream: Buffer, show: (value: JavaValue) => T): T | null {
    try {
      const [value] = readStream(stream, { ...this.#limits.java, maxBytes: QUICK_BYTES }).contents.filter(
        isValue,
      );
      return value === undefined ? null : show(value);
    } catch (error) {
      if (isTribesError(error)) {
        return null;
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#worker.close();
  }

  async #run(task: ViewTask): Promise<readonly Uint8Array[]> {
    const { names, stream } = task.group;
    const isQuick = stream.length <= QUICK_BYTES || (task.make === 'stream' && names.length === 1);
    return isQuick ? runViewTask(task, this.#limits) : await this.#worker.run(task);
  }
}

function only([bytes = new Uint8Array(0)]: readonly Uint8Array[]): Uint8Array {
  return bytes;
}
