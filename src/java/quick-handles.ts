import type { KnownClass } from './known-classes.js';
import { UNFAMILIAR } from './unfamiliar.js';

/** Handles of one stream, where nothing else is said. One that has more is read the plain way. */
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

/** How much of a table is in use. */
export interface HandlesMark {
  readonly count: number;
  readonly classCount: number;
  readonly typeCount: number;
}

/**
 * The handles of a stream while its values are cut out: what they stand for, and which handle that has in the cut that is
 * being made. A table serves one stream after the other, so that none has to allocate one.
 */
export class QuickHandles {
  count = 0;
  private readonly max: number;
  private capacity = MAX_HANDLES;
  private kinds = new Uint8Array(MAX_HANDLES);
  private starts = new Int32Array(MAX_HANDLES);
  private ends = new Int32Array(MAX_HANDLES);
  private links = new Int32Array(MAX_HANDLES);
  /** The classes of the descriptors, in their order. */
  private readonly classes: KnownClass[] = [];
  private classCount = 0;
  /** Handles of the type strings of all descriptors, and where those of each begin. */
  private readonly types: number[] = [];
  private typeCount = 0;
  /** Handles in the cuts, counted through all of them: those of earlier cuts are below `cutStart`. */
  private written = new Int32Array(MAX_HANDLES);
  private nextWritten = 0;
  private cutStart = 0;

  /** @param max handles of one stream; at least `MAX_HANDLES`. */
  constructor(max: number) {
    this.max = max;
  }

  /** Begins a stream. */
  clear(): void {
    this.count = 0;
    this.classCount = 0;
    this.typeCount = 0;
    this.nextWritten = 0;
    this.cutStart = 0;
  }

  /** Where it stands, for `goBack`. */
  mark(): HandlesMark {
    const { count, classCount, typeCount } = this;
    return { count, classCount, typeCount };
  }

  /** Forgets what was defined since then. Handles in cuts are never given twice: some may be remembered. */
  goBack({ count, classCount, typeCount }: HandlesMark): void {
    this.count = count;
    this.classCount = classCount;
    this.typeCount = typeCount;
  }

  /** Whether it holds much more memory than one that has just been made. */
  get isLarge(): boolean {
    return this.capacity > MAX_HANDLES || this.types.length > MAX_HANDLES;
  }

  /** Begins a cut: nothing is written in it yet. */
  beginCut(): void {
    this.cutStart = this.nextWritten;
  }

  /** The next handle of the stream; what it stands for is in the cut as it stands. `link` is what `link` returns. */
  define(kind: number, start: number, end: number, link: number): number {
    const handle = this.count++;
    if (handle >= this.capacity) {
      this.grow();
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
    const handle = this.define(QuickKind.DESC, this.typeCount, this.classCount, NONE);
    this.classes[this.classCount++] = known;
    return handle;
  }

  /** `handle` is the next type string of the descriptor that was defined last. */
  addType(handle: number): void {
    this.types[this.typeCount++] = handle;
  }

  typeOf(desc: number, index: number): number {
    return this.types[(this.starts[desc] as number) + index] as number;
  }

  kind(handle: number): number {
    return this.kinds[handle] as number;
  }

  /** The type code of a string; of a descriptor, where its type strings begin among those of all. */
  start(handle: number): number {
    return this.starts[handle] as number;
  }

  /** Behind the last byte of a string or a leaf; of a descriptor, its place among all. */
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
    return this.classes[this.ends[desc] as number] as KnownClass;
  }

  /** Its handle in the cut, from 0; negative if it is not written there yet. */
  inCut(handle: number): number {
    return (this.written[handle] as number) - this.cutStart;
  }

  /** Gives it the next handle of the cut. */
  write(handle: number): void {
    this.written[handle] = this.nextWritten++;
  }

  /** The next handle of the cut. */
  get nextInCut(): number {
    return this.nextWritten - this.cutStart;
  }

  /** What comes next in the cut gets the handles from `next` on: others have been given to what stands nowhere else. */
  continueCut(next: number): void {
    this.cutStart = 0;
    this.nextWritten = next;
  }

  /** What was defined from `first` on has no handle in the cut. */
  hideFromCut(first: number): void {
    this.written.fill(-1, first, this.count);
  }

  /** Something gets the next handle of the cut that nobody will refer to. */
  passOver(): void {
    this.nextWritten++;
  }

  /** Descriptors so far. */
  get descriptors(): number {
    return this.classCount;
  }

  private grow(): void {
    const capacity = Math.min(2 * this.capacity, this.max);
    if (capacity <= this.capacity) {
      throw UNFAMILIAR;
    }
    this.capacity = capacity;
    this.kinds = grown(this.kinds, new Uint8Array(capacity));
    this.starts = grown(this.starts, new Int32Array(capacity));
    this.ends = grown(this.ends, new Int32Array(capacity));
    this.links = grown(this.links, new Int32Array(capacity));
    this.written = grown(this.written, new Int32Array(capacity));
  }
}

function grown<T extends Uint8Array | Int32Array>(cells: T, larger: T): T {
  larger.set(cells);
  return larger;
}
