import { isTribesError, type Logger } from '../base/index.js';

/** Keeps count of what is at rest and cannot be read, and says so once for each. */
export class UnreadableRecords {
  readonly #keys = new Set<string>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get count(): number {
    return this.#keys.size;
  }

  /** The result of `read`; undefined, reported, if that throws TRIBES_E_STORE_RECORD. */
  guard<T>(what: string, key: Buffer, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!isTribesError(error, 'TRIBES_E_STORE_RECORD')) {
        throw error;
      }
      this.report(what, key, error.message);
      return undefined;
    }
  }

  report(what: string, key: Buffer, reason: string): void {
    const name = key.toString('hex');
    if (!this.#keys.has(name)) {
      this.#keys.add(name);
      this.#logger.error({ code: 'TRIBES_E_STORE_RECORD', what, key: name }, reason);
    }
  }
}
