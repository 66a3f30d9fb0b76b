import { HandleKind, HandleTable, TableForm } from './handle-table.js';

// What is imported is looked up each time that it is used; what stands here becomes part of the compiled code.
const { DESC, STRING } = HandleKind;
const { EVENT_SIZE, HANDLE_SIZE, KIND_BITS, KIND_MASK, REFERENCE_BIT } = TableForm;

const NO_TABLE = HandleTable.ofStream(0);

/** Numbers of a slab: room for the tables of ten sessions or so. */
const SLAB_SIZE = 2 ** 13;
/** With less left of a slab than a stream is likely to need, another is begun. */
const LEAST_ROOM = 2 ** 7;
const BYTES_PER_NUMBER = 4;

/** Numbers that have to be free before anything is written: an enum constant takes most, with its class and its name. */
export const ROOM = 3 * EVENT_SIZE + 2 * HANDLE_SIZE;

/**
 * Where the handle tables of small streams are made, one after the other, in memory that they share: to get some for each
 * takes as long as to scan the stream. Events grow from below, handles from above.
 */
export class ScanSlab {
  protected table = NO_TABLE;
  /** Handles assigned so far. */
  protected count = 0;
  protected slab = newSlab();
  /** The next event, the last handle. */
  protected nextEvent = 0;
  protected lastHandle = SLAB_SIZE;
  /** What is free, but for the table that is being made: [low, high). */
  protected low = 0;
  protected high = SLAB_SIZE;

  /** Begins the table of a stream. One that was begun and not ended is forgotten. */
  protected beginTable(bytes: Buffer): void {
    if (this.high - this.low < LEAST_ROOM + bytes.length / BYTES_PER_NUMBER) {
      this.slab = newSlab();
      this.low = 0;
      this.high = SLAB_SIZE;
    }
    this.nextEvent = this.low;
    this.lastHandle = this.high;
    this.count = 0;
    this.table = HandleTable.inSlab(this.slab, this.low, this.high, bytes);
  }

  /** Nobody writes to the table any more. */
  protected endTable(): void {
    const { table } = this;
    table.count = this.count;
    table.eventCount = this.eventCount;
    this.low = this.nextEvent;
    this.high = this.lastHandle;
  }

  /** Keeps nothing of the stream. */
  protected forgetTable(): void {
    this.table = NO_TABLE;
  }

  protected get eventCount(): number {
    return (this.nextEvent - this.low) >>> 1;
  }

  /** Nothing more may be written. */
  protected get isFull(): boolean {
    return this.lastHandle - this.nextEvent < ROOM;
  }

  /** `HandleTable.announce`. */
  protected announce(offset: number): number {
    const at = this.nextEvent;
    this.slab[at] = offset;
    this.nextEvent = at + EVENT_SIZE;
    return (at - this.low) >>> 1;
  }

  protected refer(offset: number, handle: number): void {
    const at = this.nextEvent;
    this.slab[at] = offset;
    this.slab[at + 1] = (handle << 1) | REFERENCE_BIT;
    this.nextEvent = at + EVENT_SIZE;
  }

  protected define(kind: number, event: number, index: number, end: number): number {
    const handle = this.count++;
    const at = this.lastHandle - HANDLE_SIZE;
    this.slab[this.low + event * EVENT_SIZE + 1] = handle << 1;
    this.slab[at] = event;
    this.slab[at + 1] = end;
    this.slab[at + 2] = ((index + 1) << KIND_BITS) | kind;
    this.lastHandle = at;
    return handle;
  }

  protected defineDesc(start: number, index: number): number {
    this.defineString(start, 0);
    this.slab[this.lastHandle + 2] = ((index + 1) << KIND_BITS) | DESC;
    return this.count - 1;
  }

  protected defineString(start: number, end: number): void {
    const { slab } = this;
    const event = this.nextEvent;
    const at = this.lastHandle - HANDLE_SIZE;
    slab[event] = start;
    slab[event + 1] = this.count << 1;
    slab[at] = (event - this.low) >>> 1;
    slab[at + 1] = end;
    slab[at + 2] = STRING;
    this.nextEvent = event + EVENT_SIZE;
    this.lastHandle = at;
    this.count++;
  }

  protected finish(handle: number, end: number): void {
    this.slab[this.high - (handle + 1) * HANDLE_SIZE + 1] = end;
  }

  /** The handle that was assigned last. */
  protected finishLast(end: number): void {
    this.slab[this.lastHandle + 1] = end;
  }

  /** What was taken for an array of values is one of primitives. */
  protected finishAs(kind: number, handle: number, end: number): void {
    const at = this.high - (handle + 1) * HANDLE_SIZE;
    this.slab[at + 1] = end;
    this.slab[at + 2] = ((this.slab[at + 2] as number) & ~KIND_MASK) | kind;
  }

  protected kind(handle: number): number {
    return this.sort(handle) & KIND_MASK;
  }

  /** The place of the descriptor that the handle stands for; -1 if it stands for something else. */
  protected descIndex(handle: number): number {
    const sort = this.sort(handle);
    return (sort & KIND_MASK) === DESC ? (sort >>> KIND_BITS) - 1 : -1;
  }

  private sort(handle: number): number {
    return this.slab[this.high - (handle + 1) * HANDLE_SIZE + 2] as number;
  }
}

/** What stands in it is overwritten before it is read. */
function newSlab(): Uint32Array {
  return new Uint32Array(Buffer.allocUnsafeSlow(SLAB_SIZE * Uint32Array.BYTES_PER_ELEMENT).buffer);
}
