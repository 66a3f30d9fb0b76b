/** What all full maps together may take. */
export class MapRoom {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  entries = 0;
  bytes = 0;

  constructor({
    maxMapEntries,
    maxMapBytes,
  }: {
    readonly maxMapEntries: number;
    readonly maxMapBytes: number;
  }) {
    this.#maxEntries = maxMapEntries;
    this.#maxBytes = maxMapBytes;
  }

  /** Takes room for what is more; false where there is not so much. What is less is given back. */
  take(entries: number, bytes: number): boolean {
    const isMore = entries > 0 || bytes > 0;
    if (isMore && (this.entries + entries > this.#maxEntries || this.bytes + bytes > this.#maxBytes)) {
      return false;
    }
    this.entries += entries;
    this.bytes += bytes;
    return true;
  }
}
