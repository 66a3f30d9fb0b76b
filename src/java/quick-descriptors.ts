import { BASE_HANDLE, TypeCode } from './constants.js';
import { FIELD_SIZES } from './field-sizes.js';
import { HandleKind, TableForm } from './handle-table.js';
import { Layout } from './layout.js';
import { ClassFlags } from './model.js';
import { NOT_AN_ARRAY, cellSizeOf } from './scanned-desc.js';
import { ROOM, ScanSlab } from './scan-slab.js';
import { NOTHING } from './stream-bytes.js';

// What is imported is looked up each time that it is used; what stands here becomes part of the compiled code.
const { CLASSDESC, ENDBLOCKDATA, NULL, REFERENCE, STRING } = TypeCode;
const { EXTERNALIZABLE, SERIALIZABLE, WRITE_METHOD } = ClassFlags;
const { EVENT_SIZE, HANDLE_SIZE, KIND_BITS, KIND_MASK, REFERENCE_BIT } = TableForm;
const Kind = HandleKind;
const NUMBERS_NEEDED = ROOM;
const NO_ARRAY = NOT_AN_ARRAY;
const NO_CLASS = Layout.NONE;
const FIRST_HANDLE = BASE_HANDLE;
const SIZES = FIELD_SIZES;
const CONFLICTING_FLAGS = SERIALIZABLE | EXTERNALIZABLE;

export const Passing = {
  /** In place of an offset: the stream is for the plain way. */
  UNFAMILIAR: -1,
} as const;

const { UNFAMILIAR } = Passing;

/** More than any application has in one small stream. */
const MAX_DESCRIPTORS = 256;
/** The first of the name of an array class. */
const ARRAY_SIGN = 0x5b;

/** What is known of a class descriptor once it was passed. */
export class PassedDesc {
  handle = 0;
  flags = 0;
  /** Bytes of its own primitive fields, and number of its own other fields. */
  primitives = 0;
  references = 0;
  /** `ScannedDesc.cellSize`. */
  cellSize = 0;
  /** How its own fields and those of its superclasses lie. */
  layout = Layout.NONE;
}

/**
 * Passes over class descriptors, and what they are made of: strings and handles. Each method takes the offset of what it
 * passes over, and returns the offset behind, or UNFAMILIAR.
 */
export class QuickDescriptors extends ScanSlab {
  protected bytes: Buffer = NOTHING;
  protected end = 0;
  protected maxHierarchy = 0;
  /** Frames that the grammar would have open, and the most that it has had. */
  protected depth = 0;
  protected maxDepth = 0;
  /** The place of the descriptor that was passed last. */
  protected last = 0;
  protected descCount = 0;
  protected readonly passed = Array.from({ length: MAX_DESCRIPTORS }, () => new PassedDesc());

  protected string(at: number): number {
    const next = this.endOfUtf(at + 1);
    if (next > this.end) {
      return UNFAMILIAR;
    }
    this.defineString(at, next);
    return next;
  }

  protected reference(at: number): number {
    const handle = this.handleAt(at);
    if (handle < 0) {
      return UNFAMILIAR;
    }
    this.refer(at, handle);
    return at + 5;
  }

  /** As many strings as stand there. */
  protected strings(start: number): number {
    const { bytes, end, slab, low } = this;
    let event = this.nextEvent;
    let row = this.lastHandle;
    let { count } = this;
    let at = start;
    do {
      const next =
        end - at < 3 ? end + 1 : at + 3 + (((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number));
      if (next > end || row - event < NUMBERS_NEEDED) {
        return UNFAMILIAR;
      }
      row -= HANDLE_SIZE;
      slab[event] = at;
      slab[event + 1] = count << 1;
      slab[row] = (event - low) >>> 1;
      slab[row + 1] = next;
      slab[row + 2] = Kind.STRING;
      event += EVENT_SIZE;
      count++;
      at = next;
    } while (at < end && bytes[at] === STRING);
    this.nextEvent = event;
    this.lastHandle = row;
    this.count = count;
    return at;
  }

  /** What begins with a class descriptor: passes over that, and assigns a handle. */
  protected classed(at: number, kind: number): number {
    const start = at + 1;
    if (this.bytes[start] === REFERENCE) {
      return this.classedByReference(at, kind);
    }
    const event = this.announce(at);
    const next = this.descriptors(start);
    this.define(kind, event, this.last, 0);
    return next;
  }

  /** The same where the class stands before. Most objects are of such a one, so all is done in one go. */
  private classedByReference(start: number, kind: number): number {
    const { bytes, slab, low } = this;
    if (this.end - start < 6) {
      return UNFAMILIAR;
    }
    const classHandle =
      (((bytes[start + 2] as number) << 24) |
        ((bytes[start + 3] as number) << 16) |
        ((bytes[start + 4] as number) << 8) |
        (bytes[start + 5] as number)) -
      FIRST_HANDLE;
    if (classHandle < 0 || classHandle >= this.count) {
      return UNFAMILIAR;
    }
    const sort = slab[this.high - (classHandle + 1) * HANDLE_SIZE + 2] as number;
    if ((sort & KIND_MASK) !== Kind.DESC) {
      return UNFAMILIAR;
    }
    const event = this.nextEvent;
    const row = this.lastHandle - HANDLE_SIZE;
    slab[event] = start;
    slab[event + 1] = this.count << 1;
    slab[event + 2] = start + 1;
    slab[event + 3] = (classHandle << 1) | REFERENCE_BIT;
    slab[row] = (event - low) >>> 1;
    slab[row + 2] = (sort & ~KIND_MASK) | kind;
    this.last = (sort >>> KIND_BITS) - 1;
    this.nextEvent = event + 2 * EVENT_SIZE;
    this.lastHandle = row;
    this.count++;
    return start + 6;
  }

  /** A class descriptor with its superclasses. */
  private descriptors(start: number): number {
    this.reach(this.depth + 1);
    const first = this.descCount;
    let at = start;
    while (at >= 0 && this.bytes[at] === CLASSDESC) {
      at = this.ownDescriptor(at);
    }
    if (at < 0 || this.descCount === first) {
      this.last = 0;
      return UNFAMILIAR;
    }
    if (this.bytes[at] === NULL) {
      return this.completeDescriptors(first, NO_CLASS, at + 1);
    }
    const next = this.descriptorReference(at);
    return next < 0 || this.last >= first
      ? UNFAMILIAR
      : this.completeDescriptors(first, (this.passed[this.last] as PassedDesc).layout, next);
  }

  /** Those from `first` on are superclasses of each other, up to one that is below `above`. */
  private completeDescriptors(first: number, above: Layout, end: number): number {
    let layout = above;
    for (let index = this.descCount - 1; index >= first; index--) {
      const desc = this.passed[index] as PassedDesc;
      layout = layout.of(desc.primitives, desc.references, (desc.flags & WRITE_METHOD) !== 0);
      desc.layout = layout;
      this.finish(desc.handle, end);
    }
    this.last = first;
    return layout.depth <= this.maxHierarchy ? end : UNFAMILIAR;
  }

  private descriptorReference(at: number): number {
    const handle = this.handleAt(at);
    if (handle < 0) {
      return UNFAMILIAR;
    }
    const index = this.descIndex(handle);
    this.last = index;
    this.refer(at, handle);
    return index < 0 ? UNFAMILIAR : at + 5;
  }

  /** From a TC_CLASSDESC to the end of an annotation that holds nothing. */
  private ownDescriptor(start: number): number {
    const { bytes, end } = this;
    const index = this.descCount++;
    const nameEnd = this.endOfUtf(start + 1);
    let at = nameEnd + 11;
    if (at >= end || index >= MAX_DESCRIPTORS || this.isFull) {
      return UNFAMILIAR;
    }
    const flags = bytes[nameEnd + 8] as number;
    let left = ((bytes[at - 2] as number) << 8) | (bytes[at - 1] as number);
    let primitives = 0;
    for (; left > 0; left--) {
      const size = SIZES[bytes[at] as number] as number;
      if (size <= 0) {
        break;
      }
      primitives += size;
      at += 3 + (((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number));
      if (end - at < 3) {
        return UNFAMILIAR;
      }
    }
    const desc = this.passed[index] as PassedDesc;
    desc.handle = this.defineDesc(start, index);
    desc.flags = flags;
    desc.primitives = primitives;
    desc.references = left;
    desc.cellSize = bytes[start + 3] === ARRAY_SIGN ? cellSizeOf(bytes, start + 3, nameEnd) : NO_ARRAY;
    if (left > 0) {
      at = this.references(at, left);
    }
    const isWrong = (flags & CONFLICTING_FLAGS) === CONFLICTING_FLAGS || at < 0 || bytes[at] !== ENDBLOCKDATA;
    return isWrong ? UNFAMILIAR : at + 1;
  }

  /** Fields that are none of primitives, which stand before them as a JVM writes them. */
  private references(start: number, count: number): number {
    let at = start;
    for (let left = count; left > 0 && at >= 0; left--) {
      const isReference = at < this.end && SIZES[this.bytes[at] as number] === 0;
      at = isReference ? this.typeString(this.endOfUtf(at + 1)) : UNFAMILIAR;
    }
    return at < this.end ? at : UNFAMILIAR;
  }

  private typeString(at: number): number {
    if (at >= this.end || this.isFull) {
      return UNFAMILIAR;
    }
    if (this.bytes[at] === STRING) {
      return this.string(at);
    }
    const handle = this.handleAt(at);
    return handle >= 0 && this.kind(handle) === Kind.STRING ? this.reference(at) : UNFAMILIAR;
  }

  // ---- bytes ----

  protected reach(depth: number): void {
    if (depth > this.maxDepth) {
      this.maxDepth = depth;
    }
  }

  /** The handle behind the TC_REFERENCE at `at`, if both stand there. */
  private handleAt(at: number): number {
    const { bytes } = this;
    if (this.end - at < 5 || bytes[at] !== REFERENCE) {
      return UNFAMILIAR;
    }
    const handle = this.int(at + 1) - FIRST_HANDLE;
    return handle >= 0 && handle < this.count ? handle : UNFAMILIAR;
  }

  /** Behind the UTF whose length stands at `at`: beyond the end where the length does not stand there. */
  protected endOfUtf(at: number): number {
    return this.end - at < 2 ? this.end + 1 : at + 2 + this.short(at);
  }

  private short(at: number): number {
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  protected int(at: number): number {
    return (this.short(at) << 16) | this.short(at + 2);
  }
}
