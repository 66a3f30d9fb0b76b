import { defaultJavaLimits, SmallMemory, type JavaLimits, type ShareGroup } from '../base/index.js';
import type { CanonicalDesc } from './canonical-desc.js';
import { STREAM_HEADER } from './constants.js';
import { StreamAssembly } from './stream-assembly.js';

/** A class descriptor that was left out of a stream, with its type strings and superclasses as far as they are new there. */
export interface LeftOut {
  /** Bytes between the descriptor before it, or the header, and this one. */
  readonly bytesBefore: number;
  /** Handles that are assigned there. */
  readonly handlesBefore: number;
  readonly form: CanonicalDesc;
}

/**
 * A stream in parts: its class descriptors, as references to what is known of them, and all other bytes. Most of a small value is
 * its descriptors; so nothing of them is copied where the stream is to be packed (`packParts`).
 */
export class StreamParts {
  /** In order; none where `source` holds the whole stream. */
  readonly descriptors: readonly LeftOut[];
  /** All other bytes of the stream are `source[start, end)`, the header to begin with. */
  readonly source: Buffer;
  readonly start: number;
  readonly end: number;

  constructor(source: Buffer, start: number, end: number, descriptors: readonly LeftOut[]) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.descriptors = descriptors;
  }

  /** The stream, in memory of its own where anything was left out. Error: TRIBES_E_JAVA_LIMIT (maxBytes). */
  toStream(limits: JavaLimits = defaultJavaLimits): Buffer {
    const { source, start, end, descriptors } = this;
    if (descriptors.length === 0) {
      return source.subarray(start, end);
    }
    const assembly = new StreamAssembly(limits);
    let at = start + STREAM_HEADER.length;
    for (const { bytesBefore, handlesBefore, form } of descriptors) {
      assembly.copy(source, at, at + bytesBefore);
      at += bytesBefore;
      assembly.descriptor(form, handlesBefore, descriptors.length === 1);
    }
    assembly.copy(source, at, end);
    return memory.copy(assembly.view());
  }
}

const memory = new SmallMemory();

/** A group whose stream is made whenever somebody looks, and not kept. */
export class PartedGroup implements ShareGroup {
  readonly names: readonly string[];
  readonly parts: StreamParts;

  constructor(names: readonly string[], parts: StreamParts) {
    this.names = names;
    this.parts = parts;
  }

  get stream(): Buffer {
    return this.parts.toStream();
  }
}
