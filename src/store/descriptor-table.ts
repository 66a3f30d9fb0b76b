import { defaultStoreLimits, TribesError, type Logger, type StoreLimits } from '../base/index.js';
import type { DescriptorDictionary } from '../java/index.js';

export type DescriptorLimits = Pick<StoreLimits, 'maxDescriptors' | 'maxDescriptorBytes'>;

export interface Descriptor {
  readonly id: number;
  readonly bytes: Buffer;
}

/**
 * The dictionary of class descriptors: each lives here once, by its bytes, and values refer to it by number.
 * Numbers are never given twice and descriptors are never forgotten, so what is at rest stays readable.
 */
export class DescriptorTable implements DescriptorDictionary {
  readonly #ids = new Map<string, number>();
  readonly #bytes = new Map<number, Buffer>();
  readonly #limits: DescriptorLimits;
  readonly #logger: Logger;
  readonly #onNew: (descriptor: Descriptor) => void;
  #byteLength = 0;
  #nextId = 0;
  #full = false;

  /** `onNew` is told every descriptor that gets its number here, before anything refers to it. */
  constructor(options: {
    readonly logger: Logger;
    readonly limits?: DescriptorLimits;
    readonly onNew?: (descriptor: Descriptor) => void;
  }) {
    this.#logger = options.logger;
    this.#limits = options.limits ?? defaultStoreLimits;
    this.#onNew = options.onNew ?? (() => undefined);
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Takes over a descriptor that has been at rest. */
  restore({ id, bytes }: Descriptor): void {
    this.reserve(id);
    this.#ids.set(bytes.toString('latin1'), id);
    this.#bytes.set(id, bytes);
    this.#byteLength += bytes.length;
  }

  /** Never gives number `id`, whose descriptor was lost. */
  reserve(id: number): void {
    this.#nextId = Math.max(this.#nextId, id + 1);
  }

  /** Never gives the next `count` numbers, which were given before and are lost. */
  skipNumbers(count: number): void {
    this.#nextId += count;
  }

  /** The number of the descriptor with these bytes, a new one if need be. Error: TRIBES_E_STORE_DESCRIPTORS. */
  idOf(bytes: Buffer): number {
    const text = bytes.toString('latin1');
    const known = this.#ids.get(text);
    if (known !== undefined) {
      return known;
    }
    this.#checkRoom(bytes.length);
    const descriptor = { id: this.#nextId++, bytes: ownCopy(bytes) };
    this.#ids.set(text, descriptor.id);
    this.#bytes.set(descriptor.id, descriptor.bytes);
    this.#byteLength += bytes.length;
    this.#onNew(descriptor);
    return descriptor.id;
  }

  bytesOf(id: number): Buffer | undefined {
    return this.#bytes.get(id);
  }

  #checkRoom(length: number): void {
    const { maxDescriptors, maxDescriptorBytes } = this.#limits;
    if (this.#bytes.size < maxDescriptors && this.#byteLength + length <= maxDescriptorBytes) {
      return;
    }
    const error = new TribesError('TRIBES_E_STORE_DESCRIPTORS', {
      count: this.#bytes.size,
      bytes: this.#byteLength,
    });
    if (!this.#full) {
      this.#full = true;
      this.#logger.warn({ code: error.code }, error.message);
    }
    throw error;
  }
}

/** Not from Node's pool, of which a descriptor, being kept for good, would keep 8 KiB. */
function ownCopy(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
