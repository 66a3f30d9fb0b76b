import { TribesError, type JavaLimits } from '../base/index.js';
import { ByteWriter, SLAB_BYTES } from './byte-writer.js';
import type { CanonicalDesc } from './canonical-desc.js';
import { StreamSink } from './stream-sink.js';

/** Where streams are put together, one after the other, before they get buffers of their own. */
const scratch = new ByteWriter(SLAB_BYTES);

/** A stream that is put together of its class descriptors and of what stands between them. One at a time. */
export class StreamAssembly {
  private readonly sink = new StreamSink(scratch);
  private readonly maxBytes: number;

  constructor({ maxBytes }: JavaLimits) {
    this.maxBytes = maxBytes;
  }

  copy(source: Buffer, start: number, end: number): void {
    scratch.copy(source, start, end);
  }

  /**
   * @param handlesBefore assigned by what was copied since the last descriptor.
   * @param isOnly it is the only one of the stream. Error: TRIBES_E_JAVA_LIMIT (maxBytes).
   */
  descriptor(form: CanonicalDesc, handlesBefore: number, isOnly: boolean): void {
    this.sink.nextHandle += handlesBefore;
    if (isOnly && form.typesDiffer) {
      // Nothing was written before, and nothing will be: there is nothing to refer to, and nothing to be noted.
      scratch.bytes(form.bytes);
    } else {
      this.sink.descriptor(form);
    }
    if (scratch.length > this.maxBytes) {
      const where = 'the class descriptors of a packed stream';
      throw new TribesError('TRIBES_E_JAVA_LIMIT', { limit: 'maxBytes', max: this.maxBytes, where });
    }
  }

  /** What was put together, in memory that is shared with what comes before and after it. */
  take(): Buffer {
    return scratch.take();
  }

  /** The same, good until the next one is begun. */
  view(): Buffer {
    return scratch.view();
  }
}
