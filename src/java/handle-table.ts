import { BASE_HANDLE } from './constants.js';
import type { ScannedDesc } from './scanned-desc.js';

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

/** Set in an event's target when the event is a TC_REFERENCE. */
const REFERENCE_BIT = 1;
const NO_DESC = 0xffff_ffff;
const INITIAL_HANDLES = 64;
const INITIAL_EVENTS = 128;

/** How much of a table is in use. */
export interface TableSizes {
  readonly handles: number;
  readonly events: number;
  readonly descriptors: number;
}

/**
 * The handles of one epoch, that is from the beginning of a stream, a reset or an exception to the next, and every
 * place where one is defined or referred to. All in typed arrays: a state of 1 GiB has millions of handles.
 *
 * A *handle* is counted from 0 here; on the wire from 0x7e0000. An *event* is the offset of a type code that defines
 * something (the event's target is its handle) or of a TC_REFERENCE (its target is the handle referred to); events are
 * in the order of their offsets, handles in the order in which they are assigned.
 */
export class HandleTable {
  /** Handles assigned so far. */
  count = 0;
  eventCount = 0;
  readonly descriptors: ScannedDesc[] = [];
  private kinds = new Uint8Array(INITIAL_HANDLES);
  private ends = new Uint32Array(INITIAL_HANDLES);
  private descIndexes = new Uint32Array(INITIAL_HANDLES);
  private definitions = new Uint32Array(INITIAL_HANDLES);
  private eventOffsets = new Uint32Array(INITIAL_EVENTS);
  private eventTargets = new Uint32Array(INITIAL_EVENTS);

  /** Notes a definition whose handle is not assigned yet; returns the event, for `define`. */
  announce(offset: number): number {
    return this.addEvent(offset, 0);
  }

  refer(offset: number, handle: number): void {
    this.addEvent(offset, (handle << 1) | REFERENCE_BIT);
  }

  /** Assigns the next handle to what was announced as `event`. */
  define(kind: HandleKind, event: number, desc: ScannedDesc | null): number {
    const handle = this.count;
    if (handle === this.kinds.length) {
      this.growHandles();
    }
    this.count = handle + 1;
    this.kinds[handle] = kind;
    this.definitions[handle] = event;
    this.descIndexes[handle] = desc === null ? NO_DESC : desc.index;
    this.eventTargets[event] = handle << 1;
    return handle;
  }

  finish(handle: number, end: number): void {
    this.ends[handle] = end;
  }

  kind(handle: number): HandleKind {
    return this.kinds[handle] as HandleKind;
  }

  /** Offset of the type code that defined the handle. */
  start(handle: number): number {
    return this.eventOffsets[this.definitions[handle] as number] as number;
  }

  /** Offset behind the last byte of what the handle stands for. */
  end(handle: number): number {
    return this.ends[handle] as number;
  }

  /** The event that defined the handle. */
  definition(handle: number): number {
    return this.definitions[handle] as number;
  }

  /** The class of an object, array, enum or class object; the descriptor that a descriptor's handle stands for. */
  desc(handle: number): ScannedDesc | null {
    const index = this.descIndexes[handle] as number;
    return index === NO_DESC ? null : (this.descriptors[index] ?? null);
  }

  eventOffset(event: number): number {
    return this.eventOffsets[event] as number;
  }

  eventHandle(event: number): number {
    return (this.eventTargets[event] as number) >>> 1;
  }

  isReference(event: number): boolean {
    return ((this.eventTargets[event] as number) & REFERENCE_BIT) !== 0;
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
  eventsSince(first: number): number[] {
    const events: number[] = [];
    for (let event = first; event < this.eventCount; event++) {
      events.push(this.eventOffset(event), this.eventTargets[event] as number);
    }
    return events;
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
    const table = new HandleTable();
    table.count = sizes.handles;
    table.eventCount = sizes.events;
    table.kinds = withRoom(this.kinds.slice(0, sizes.handles), INITIAL_HANDLES);
    table.ends = withRoom(this.ends.slice(0, sizes.handles), INITIAL_HANDLES);
    table.descIndexes = withRoom(this.descIndexes.slice(0, sizes.handles), INITIAL_HANDLES);
    table.definitions = withRoom(this.definitions.slice(0, sizes.handles), INITIAL_HANDLES);
    table.eventOffsets = withRoom(this.eventOffsets.slice(0, sizes.events), INITIAL_EVENTS);
    table.eventTargets = withRoom(this.eventTargets.slice(0, sizes.events), INITIAL_EVENTS);
    for (let i = 0; i < sizes.descriptors; i++) {
      table.descriptors.push(this.descriptors[i] as ScannedDesc);
    }
    return table;
  }

  private addEvent(offset: number, target: number): number {
    const event = this.eventCount;
    if (event === this.eventOffsets.length) {
      this.eventOffsets = withRoom(this.eventOffsets, event * 2);
      this.eventTargets = withRoom(this.eventTargets, event * 2);
    }
    this.eventOffsets[event] = offset;
    this.eventTargets[event] = target;
    this.eventCount = event + 1;
    return event;
  }

  private growHandles(): void {
    const capacity = this.kinds.length * 2;
    this.kinds = withRoom(this.kinds, capacity);
    this.ends = withRoom(this.ends, capacity);
    this.descIndexes = withRoom(this.descIndexes, capacity);
    this.definitions = withRoom(this.definitions, capacity);
  }
}

/** A handle as it stands behind TC_REFERENCE, for messages. */
export function wireHandle(handle: number): string {
  return (BASE_HANDLE + handle).toString(16).padStart(8, '0');
}

function withRoom<T extends Uint8Array | Uint32Array>(cells: T, capacity: number): T {
  if (capacity <= cells.length) {
    return cells;
  }
  const Cells = cells.constructor as new (length: number) => T;
  const grown = new Cells(capacity);
  grown.set(cells);
  return grown;
}
