import { defaultJavaLimits, type JavaLimits } from '../base/index.js';
import { ByteWriter, SLAB_BYTES } from './byte-writer.js';
import type { HandleTable } from './handle-table.js';
import type { ScannedValue } from './scanned-value.js';
import { scanStream } from './scanner.js';
import { StreamSink } from './stream-sink.js';
import { Transcription } from './transcription.js';

/** Where cuts are made, one after the other, before they get buffers of their own. */
const scratch = new ByteWriter(SLAB_BYTES);

/**
 * A stream of its own that holds `values`, one object of the top level for each, and everything that they reach: class
 * descriptors and shared objects that stand elsewhere in their stream are put in at first use. Identity is kept among
 * them. Nothing is built; the bytes of what is not a handle are those of the source.
 *
 * Errors: TRIBES_E_JAVA_LIMIT (`maxCutBytes`, also for all cuts of one stream together; `maxDepth`);
 * TRIBES_E_JAVA_UNWRITABLE for an object within the annotation of its own class, which no stream of its own can hold.
 * What is opaque never becomes a `ScannedValue`.
 */
export function cut(values: readonly ScannedValue[], limits: JavaLimits = defaultJavaLimits): Buffer {
  const sink = new StreamSink(scratch);
  const nesting = transcribe(values, sink, limits);
  const bytes = sink.out.take();
  const depth = values.reduce((deepest, { source }) => Math.max(deepest, source.maxDepth), 0);
  if (nesting * (depth + 1) > limits.maxDepth) {
    // What is put in where it is referred to is nested deeper than it was: see whether it can be read again.
    scanStream(bytes, limits);
  }
  return bytes;
}

/** Returns the deepest nesting of extents. */
function transcribe(values: readonly ScannedValue[], sink: StreamSink, limits: JavaLimits): number {
  const [first] = values;
  if (first !== undefined && values.length === 1) {
    const transcription = new Transcription(first, sink, limits, false);
    transcription.copyOnly(first);
    return transcription.nesting;
  }
  const transcriptions = new Map<HandleTable, Transcription>();
  let nesting = 0;
  for (const value of values) {
    let transcription = transcriptions.get(value.epoch);
    if (transcription === undefined) {
      transcription = new Transcription(value, sink, limits, false);
      transcriptions.set(value.epoch, transcription);
    }
    transcription.copy(value);
    nesting = Math.max(nesting, transcription.nesting);
  }
  return nesting;
}
