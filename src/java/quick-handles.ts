import type { KnownClass } from './known-classes.js';
import { UNFAMILIAR } from './unfamiliar.js';

/** Handles of one stream. One that has more is read the plain way. */
export const MAX_HANDLES = 4096;

/** What a handle stands for, as far as it makes a difference to the quick way. */
export const QuickKind = {
  STRING: 1,
  DESC: 2,
  ENUM: 3,
  CLASS: 4,
  /** An object that cannot change, and is its primitive fields only. */
  LEAF: 5,
  /** Any other object, and every array. */
  OTHER: 6,
} as const;

/** No handle: the superclass of a topmost class. */
export const NONE = -1;

/**
 * The handles of a stream while its values are cut out: what they stand for, and which handle that has in the cut that is
 * being made. A table serves one stream after the other, so that none has to allocate one.
 */
export class QuickHandles {
  count = 0;
  private readonly kinds = new Uint8Array(MAX_HANDLES);
  private readonly starts = new Int32Array(MAX_HANDLES);
  private readonly ends = new Int32Array(MAX_HANDLES);
  private readonly links = new Int32Array(MAX_HANDLES);
  private readonly classes = new Array<KnownClass | undefined>(MAX_HANDLES).fill(undefined);
  /** Handles of the type strings of all descriptors, and where those of each begin. */
  private readonly types: number[] = [];
  private typeCount = 0;
  private readonly firstTypes = new Int32Array(MAX_HANDLES);
  /** Handles in the cuts, counted through all of them: those of earlier cuts are below `cutStart`. */
  private readonly written = new Int32Array(MAX_HANDLES);
  private nextWritten = 0;
  private cutStart = 0;

  /** Begins a stream. */
  clear(): void {
    this.count = 0;
    this.typeCount = 0;
    this.nextWritten = 0;
    this.cutStart = 0;
  }

  /** Begins a cut: nothing is written in it yet. */
  beginCut(): void {
    this.cutStart = this.nextWritten;
  }

  /** The next handle of the stream; what it stands for is in the cut as it stands. `link` is what `link` returns. */
  define(kind: number, start: number, end: number, link: number): number {
    const handle = this.count++;
    if (handle >= MAX_HANDLES) {
      throw UNFAMILIAR;
    }
    this.kinds[handle] = kind;
    this.starts[handle] = start;
    this.ends[handle] = end;
    this.links[handle] = link;
    this.written[handle] = this.nextWritten++;
    return handle;
  }

  /** The descriptor of `known`; its type strings and its superclass are to follow. */
  defineDesc(known: KnownClass): number {
    const handle = this.define(QuickKind.DESC, 0, 0, NONE);
    this.classes[handle] = known;
    this.firstTypes[handle] = this.typeCount;
    return handle;
  }

  /** `handle` is the next type string of the descriptor that was defined last. */
  addType(handle: number): void {
    this.types[this.typeCount++] = handle;
  }

  typeOf(desc: number, index: number): number {
    return this.types[(this.firstTypes[desc] as number) + index] as number;
  }

  kind(handle: number): number {
    return this.kinds[handle] as number;
  }

  /** The type code of a string. */
  start(handle: number): number {
    return this.starts[handle] as number;
  }

  /** Behind the last byte of a string or a leaf. */
  end(handle: number): number {
    return this.ends[handle] as number;
  }

  /** The descriptor of an object, enum constant or class object; the superclass of a descriptor, or NONE. */
  link(handle: number): number {
    return this.links[handle] as number;
  }

  setSuperclass(desc: number, superDesc: number): void {
    this.links[desc] = superDesc;
  }

  /** The class that the descriptor stands for. */
  classOf(desc: number): KnownClass {
    return this.classes[desc] as KnownClass;
  }

  /** Its handle in the cut, from 0; negative if it is not written there yet. */
  inCut(handle: number): number {
    return (this.written[handle] as number) - this.cutStart;
  }

  /** Gives it the next handle of the cut. */
  write(handle: number): void {
    this.written[handle] = this.nextWritten++;
  }

  /** Something gets the next handle of the cut that nobody will refer to. */
  passOver(): void {
    this.nextWritten++;
  }
}
