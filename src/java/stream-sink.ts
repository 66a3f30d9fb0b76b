import { ByteWriter } from './byte-writer.js';
import { BASE_HANDLE, STREAM_HEADER, TypeCode } from './constants.js';
import type { CanonicalDesc } from './canonical-desc.js';

const HEADER = STREAM_HEADER.readInt32BE(0);

/** A place in a stream in the making. */
export interface SinkMark {
  readonly length: number;
  readonly nextHandle: number;
}

/** A stream in the making, put together from pieces of others: its bytes, and the handles assigned so far. */
export class StreamSink {
  readonly out: ByteWriter;
  /** Counted from 0; 0x7e0000 on the wire. */
  nextHandle = 0;
  /** Handles of class descriptors and of type strings that were written, by their canonical bytes. */
  private descs: Map<string, number> | undefined;
  private types: Map<string, number> | undefined;

  /** Writes the header of the stream; forgets what was in `out`. */
  constructor(out = new ByteWriter()) {
    this.out = out;
    out.clear();
    out.i32(HEADER);
  }

  /** Where it stands, for `goBack`. */
  mark(): SinkMark {
    return { length: this.out.length, nextHandle: this.nextHandle };
  }

  /** Forgets what was written since then. */
  goBack({ length, nextHandle }: SinkMark): void {
    this.out.truncate(length);
    this.nextHandle = nextHandle;
    for (const handles of [this.descs, this.types]) {
      handles?.forEach((handle, key) => {
        if (handle >= nextHandle) {
          handles.delete(key);
        }
      });
    }
  }

  assign(): number {
    return this.nextHandle++;
  }

  reference(handle: number): void {
    this.out.u8i32(TypeCode.REFERENCE, BASE_HANDLE + handle);
  }

  /** The handle under which `desc` was written. */
  descHandle(desc: CanonicalDesc): number | undefined {
    return this.descs?.get(desc.key);
  }

  typeHandle(key: string): number | undefined {
    return this.types?.get(key);
  }

  /**
   * Writes `desc` as a JVM does: a descriptor that was written before, or a type string of one, as a reference. What
   * was written otherwise, as part of a value, is not known here and not referred to.
   */
  descriptor(desc: CanonicalDesc): void {
    this.descs ??= new Map();
    for (let next: CanonicalDesc | null = desc; ; next = next.superDesc) {
      if (next === null) {
        this.out.u8(TypeCode.NULL);
        return;
      }
      const handle = this.descs.get(next.key);
      if (handle !== undefined) {
        this.reference(handle);
        return;
      }
      this.descs.set(next.key, this.assign());
      this.body(next);
    }
  }

  private body({ pieces, types, typeKeys }: CanonicalDesc): void {
    for (let i = 0; i < pieces.length; i++) {
      this.out.bytes(pieces[i] as Buffer);
      if (i < types.length) {
        this.type(types[i] as Buffer, typeKeys[i] as string);
      }
    }
  }

  private type(bytes: Buffer, key: string): void {
    this.types ??= new Map();
    const handle = this.types.get(key);
    if (handle === undefined) {
      this.types.set(key, this.assign());
      this.out.bytes(bytes);
    } else {
      this.reference(handle);
    }
  }
}
