import { BASE_HANDLE } from './constants.js';
import type { ScannedDesc } from './scanned-desc.js';
import { scannedDescriptors } from './scanned-descriptors.js';

/** What a handle stands for. */
export const HandleKind = {
  STRING: 1,
  OBJECT: 2,
  ARRAY: 3,
  PRIMITIVE_ARRAY: 4,
  ENUM: 5,
  CLASS: 6,
  DESC: 7,
} as const;

export type HandleKind = (typeof HandleKind)[keyof typeof HandleKind];

const { STRING } = HandleKind;

/** How a table lies in its numbers. */
export const TableForm = {
  /** Numbers kept for each event: offset and target. */
  EVENT_SIZE: 2,
  /** Set in an event's target when the event is a TC_REFERENCE; the others are its handle. */
  REFERENCE_BIT: 1,
  /** Numbers kept for each handle: its event, the end of its extent, the number of its descriptor from 1 with its kind. */
  HANDLE_SIZE: 3,
  KIND_BITS: 3,
  KIND_MASK: 7,
} as const;

const { EVENT_SIZE, HANDLE_SIZE, KIND_BITS, KIND_MASK, REFERENCE_BIT } = TableForm;

/** Rows to begin with: about as many as the session of an ordinary application needs. An array that grows is copied. */
const FEWEST_ROWS = 8;
const MOST_ROWS = 1024;
const BYTES_PER_ROW = 20;

/**
 * Up to this many numbers a table is a plain array: a typed array costs more to make than a small stream to scan.
 * Beyond, it takes half the memory, and the garbage collector does not look into it.
 */
const PLAIN_SIZE = 2 ** 16;

type Numbers = number[] | Uint32Array;

/** How much of a table is in use. */
export interface TableSizes {
  readonly handles: number;
  readonly events: number;
  readonly descriptors: number;
}

/**
 * The handles of one epoch, that is from the beginning of a stream, a reset or an exception to the next, and every
 * place where one is defined or referred to. All in arrays of numbers: a state of 1 GiB has millions of handles.
 *
 * A *handle* is counted from 0 here; on the wire from 0x7e0000. An *event* is the offset of a type code that defines
 * something (the event's target is its handle) or of a TC_REFERENCE (its target is the handle referred to); events are
 * in the order of their offsets, handles in the order in which they are assigned.
 */
export class HandleTable {
  /** Handles assigned so far. */
  count = 0;
  eventCount = 0;
  private handles: Numbers;
  private events: Numbers;
  /** Where the first event is; where the first handle is, and how far it is from each to the next. */
  private readonly eventBase: number;
  private readonly handleBase: number;
  private readonly handleStep: number;

  /** Undefined until somebody asks; then made of these bytes. */
  private madeDescriptors: ScannedDesc[] | undefined;
  private readonly bytes: Buffer | undefined;

  private constructor(
    handles: Numbers,
    events: Numbers,
    low: number,
    high: number,
    handleStep: number,
    bytes?: Buffer,
  ) {
    this.handles = handles;
    this.events = events;
    this.madeDescriptors = bytes === undefined ? [] : undefined;
    this.bytes = bytes;
    this.eventBase = low;
    this.handleBase = high;
    this.handleStep = handleStep;
  }

  /** For a stream of so many bytes, or more. */
  static ofStream(bytes: number): HandleTable {
    const rows = Math.min(FEWEST_ROWS + Math.floor(bytes / BYTES_PER_ROW), MOST_ROWS);
    const handles = new Array<number>(rows * HANDLE_SIZE);
    return new HandleTable(handles, new Array<number>(rows * EVENT_SIZE), 0, 0, HANDLE_SIZE);
  }

  /**
   * Of what is written to `slab` by whoever makes it: events from `low` on, handles from `high` down. Nothing can be added
   * to it.
   */
  static inSlab(slab: Uint32Array, low: number, high: number, bytes: Buffer): HandleTable {
    return new HandleTable(slab, slab, low, high - HANDLE_SIZE, -HANDLE_SIZE, bytes);
  }

  /** In the order of their handles. */
  get descriptors(): ScannedDesc[] {
    this.madeDescriptors ??= scannedDescriptors(this, this.bytes as Buffer);
    return this.madeDescriptors;
  }

  /** Notes a definition whose handle is not assigned yet; returns the event, for `define`. */
  announce(offset: number): number {
    return this.addEvent(offset, 0);
  }

  refer(offset: number, handle: number): void {
    this.addEvent(offset, (handle << 1) | REFERENCE_BIT);
  }

  /**
   * Assigns the next handle to what was announced as `event`, with the descriptor of that index, or -1. `finish` tells
   * where it ends.
   */
  define(kind: HandleKind, event: number, index: number): number {
    this.events[this.eventPlace(event) + 1] = this.count << 1;
    return this.addHandle(event, 0, ((index + 1) << KIND_BITS) | kind);
  }

  finish(handle: number, end: number): void {
    this.handles[this.handlePlace(handle) + 1] = end;
  }

  /** Assigns the next handle to a string. */
  defineString(start: number, end: number): number {
    return this.addHandle(this.addEvent(start, this.count << 1), end, STRING);
  }

  kind(handle: number): HandleKind {
    return (this.sort(handle) & KIND_MASK) as HandleKind;
  }

  /** Offset of the type code that defined the handle. */
  start(handle: number): number {
    return this.eventOffset(this.definition(handle));
  }

  /** Offset behind the last byte of what the handle stands for. */
  end(handle: number): number {
    return this.handles[this.handlePlace(handle) + 1] as number;
  }

  /** The event that defined the handle. */
  definition(handle: number): number {
    return this.handles[this.handlePlace(handle)] as number;
  }

  /** The class of an object, array, enum or class object; the descriptor that a descriptor's handle stands for. */
  desc(handle: number): ScannedDesc | null {
    const index = this.descIndex(handle);
    return index < 0 ? null : (this.descriptors[index] as ScannedDesc);
  }

  /** The place of `desc` among the descriptors; -1 if there is none. */
  descIndex(handle: number): number {
    return (this.sort(handle) >>> KIND_BITS) - 1;
  }

  eventOffset(event: number): number {
    return this.events[this.eventPlace(event)] as number;
  }

  eventHandle(event: number): number {
    return this.target(event) >>> 1;
  }

  isReference(event: number): boolean {
    return (this.target(event) & REFERENCE_BIT) !== 0;
  }

  /** The first event at `offset` or behind, not before event `from`. */
  eventAt(offset: number, from: number): number {
    let low = from;
    let step = 1;
    while (low + step < this.eventCount && this.eventOffset(low + step) < offset) {
      low += step;
      step *= 2;
    }
    let high = Math.min(low + step, this.eventCount);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.eventOffset(middle) < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Offsets and targets of the events from `first` on, to compare two readings of the same bytes. */
  eventsSince(first: number): ArrayLike<number> {
    return this.events.slice(this.eventPlace(first), this.eventPlace(this.eventCount));
  }

  get sizes(): TableSizes {
    return { handles: this.count, events: this.eventCount, descriptors: this.descriptors.length };
  }

  /** Forgets what came after the table had these sizes. */
  truncate(sizes: TableSizes): void {
    this.count = sizes.handles;
    this.eventCount = sizes.events;
    this.descriptors.length = sizes.descriptors;
  }

  /** A table that begins as this one began, and goes its own way. */
  fork(sizes: TableSizes): HandleTable {
    const table = HandleTable.ofStream(Math.max(sizes.handles, sizes.events) * BYTES_PER_ROW);
    for (let event = 0; event < sizes.events; event++) {
      table.addEvent(this.eventOffset(event), this.target(event));
    }
    for (let handle = 0; handle < sizes.handles; handle++) {
      table.addHandle(this.definition(handle), this.end(handle), this.sort(handle));
    }
    for (let i = 0; i < sizes.descriptors; i++) {
      table.descriptors.push(this.descriptors[i] as ScannedDesc);
    }
    return table;
  }

  private eventPlace(event: number): number {
    return this.eventBase + event * EVENT_SIZE;
  }

  private handlePlace(handle: number): number {
    return this.handleBase + handle * this.handleStep;
  }

  private target(event: number): number {
    return this.events[this.eventPlace(event) + 1] as number;
  }

  private sort(handle: number): number {
    return this.handles[this.handlePlace(handle) + 2] as number;
  }

  private addEvent(offset: number, target: number): number {
    const event = this.eventCount++;
    const at = event * EVENT_SIZE;
    if (at >= PLAIN_SIZE && at + EVENT_SIZE > this.events.length) {
      this.events = grown(this.events);
    }
    this.events[at] = offset;
    this.events[at + 1] = target;
    return event;
  }

  private addHandle(event: number, end: number, sort: number): number {
    const handle = this.count++;
    const at = handle * HANDLE_SIZE;
    if (at >= PLAIN_SIZE && at + HANDLE_SIZE > this.handles.length) {
      this.handles = grown(this.handles);
    }
    this.handles[at] = event;
    this.handles[at + 1] = end;
    this.handles[at + 2] = sort;
    return handle;
  }
}

/** A handle as it stands behind TC_REFERENCE, for messages. */
export function wireHandle(handle: number): string {
  return ((BASE_HANDLE + handle) >>> 0).toString(16).padStart(8, '0');
}

function grown(cells: Numbers): Uint32Array {
  const larger = new Uint32Array(cells.length * 2);
  larger.set(cells);
  return larger;
}
