import { TribesError, type JavaLimits } from '../base/index.js';
import { canonicalDesc, type CanonicalDesc } from './canonical-desc.js';
import { TypeCode } from './constants.js';
import { HandleKind, type HandleTable } from './handle-table.js';
import type { ScannedDesc } from './scanned-desc.js';
import type { ScanSource, ScannedValue } from './scanned-value.js';
import type { StreamSink } from './stream-sink.js';
import { unwritable } from './unwritable.js';

/** An extent that is being copied. */
interface Region {
  /** What is not copied yet: [at, end). */
  at: number;
  readonly end: number;
  /** The next definition or reference. */
  event: number;
  /** What gets its handle when the region is copied, which is its class descriptor. */
  readonly instance: number;
}

const NO_INSTANCE = -1;
/** Its type code was written, and it waits for its class descriptor to get a handle. */
const BEGUN = -1;

/**
 * How much all cuts of one stream may make, in lengths of the stream, beyond one cut of the size that is allowed. A
 * reference of 5 bytes to an enum constant becomes some 150 bytes when it is cut out; a long shared string may become
 * far more.
 */
const TOTAL_GROWTH = 64;

/**
 * Copies values of one epoch of a scanned stream into another stream, with their handles renumbered. What is defined
 * outside of what is copied is put in at its first use; what was put in before is referred to. So identity is kept
 * among all values of a transcription, everything is copied once at most, and nothing is built.
 */
export class Transcription {
  /** Deepest nesting of extents so far. */
  nesting = 0;
  private readonly source: ScanSource;
  private readonly epoch: HandleTable;
  private readonly sink: StreamSink;
  private readonly limits: JavaLimits;
  private readonly mergeDescs: boolean;
  /** Handles in the sink, or BEGUN, by handles of the source. */
  private readonly handles = new Map<number, number>();
  private readonly regions: Region[] = [];
  private copied = 0;

  /** With `mergeDescs`, a class descriptor whose bytes were written to the sink before is not written again. */
  constructor(from: ScannedValue, sink: StreamSink, limits: JavaLimits, mergeDescs: boolean) {
    this.source = from.source;
    this.epoch = from.epoch;
    this.sink = sink;
    this.limits = limits;
    this.mergeDescs = mergeDescs;
  }

  /** Copies `value`. Errors: TRIBES_E_JAVA_LIMIT (maxDepth, maxCutBytes), TRIBES_E_JAVA_UNWRITABLE. */
  copy(value: ScannedValue): void {
    this.open(value.start, value.end, value.firstEvent, NO_INSTANCE);
    for (let region = this.regions.at(-1); region !== undefined; region = this.regions.at(-1)) {
      if (region.event < this.epoch.eventCount && this.epoch.eventOffset(region.event) < region.end) {
        this.event(region);
      } else {
        this.flush(region, region.end);
        this.regions.pop();
        if (region.instance !== NO_INSTANCE) {
          this.assignInstance(region.instance, region.end);
        }
      }
    }
  }

  private event(region: Region): void {
    const { epoch } = this;
    const { event } = region;
    const offset = epoch.eventOffset(event);
    const handle = epoch.eventHandle(event);
    if (epoch.isReference(event)) {
      this.flush(region, offset);
      region.at = offset + 5;
      region.event++;
      if (!this.refer(handle)) {
        this.open(epoch.start(handle), epoch.end(handle), epoch.definition(handle), NO_INSTANCE);
      }
    } else if (this.handles.has(handle)) {
      this.flush(region, offset);
      this.skip(region, epoch.end(handle));
      this.refer(handle);
    } else if (epoch.kind(handle) === HandleKind.STRING) {
      this.handles.set(handle, this.sink.assign());
      region.event++;
    } else if (epoch.kind(handle) === HandleKind.DESC) {
      this.desc(region, offset, handle);
    } else {
      this.classed(region, offset, handle);
    }
  }

  private desc(region: Region, offset: number, handle: number): void {
    const desc = this.epoch.desc(handle);
    const form = this.mergeDescs && desc !== null ? canonicalDesc(desc, this.epoch) : undefined;
    if (form === undefined) {
      this.handles.set(handle, this.sink.assign());
      region.event++;
      return;
    }
    this.flush(region, offset);
    this.skip(region, this.epoch.end(handle));
    this.sink.descriptor(form);
    this.adopt(desc, form);
  }

  /** What was not written because it stands in the sink already: handles of `desc`, its superclasses, their type strings. */
  private adopt(desc: ScannedDesc | null, form: CanonicalDesc): void {
    const { epoch, handles, sink } = this;
    let next = desc;
    for (let known: CanonicalDesc | null = form; next !== null && known !== null; known = known.superDesc) {
      if (!handles.has(next.handle)) {
        handles.set(next.handle, sink.descHandle(known) as number);
        const last = next.handle + known.types.length;
        for (
          let handle = next.handle + 1;
          handle <= last && epoch.kind(handle) === HandleKind.STRING;
          handle++
        ) {
          const key = this.source.bytes.toString('latin1', epoch.start(handle), epoch.end(handle));
          const type = sink.typeHandle(key);
          if (type !== undefined && epoch.end(handle) <= epoch.end(next.handle) && !handles.has(handle)) {
            handles.set(handle, type);
          }
        }
      }
      next = next.superDesc;
    }
  }

  /** What begins with a class descriptor gets its handle behind it. */
  private classed(region: Region, offset: number, handle: number): void {
    const { epoch } = this;
    const first = region.event + 1;
    this.flush(region, offset + 1);
    this.handles.set(handle, BEGUN);
    const code = this.source.bytes[offset + 1];
    if (code === TypeCode.REFERENCE && this.refer(epoch.eventHandle(first))) {
      region.at = offset + 6;
      region.event = first + 1;
      this.assignInstance(handle, region.at);
    } else {
      const end =
        code === TypeCode.REFERENCE
          ? offset + 6
          : code === TypeCode.NULL
            ? offset + 2
            : epoch.end(epoch.eventHandle(first));
      this.skip(region, end);
      this.open(offset + 1, end, first, handle);
    }
    if (epoch.kind(handle) === HandleKind.ENUM) {
      this.skip(region, epoch.end(handle));
    }
  }

  private assignInstance(handle: number, offset: number): void {
    this.handles.set(handle, this.sink.assign());
    if (this.epoch.kind(handle) === HandleKind.ENUM) {
      // The name of a constant is never a reference (ObjectInputStream.readEnum), and always gets a handle.
      const name = handle + 1;
      const nameHandle = this.sink.assign();
      this.sink.out.copy(this.source.bytes, offset, this.epoch.end(name));
      if (!this.handles.has(name)) {
        this.handles.set(name, nameHandle);
      }
    }
  }

  /** Writes a reference if what `handle` stands for is in the sink. */
  private refer(handle: number): boolean {
    const known = this.handles.get(handle);
    if (known === undefined) {
      return false;
    }
    if (known === BEGUN) {
      throw unwritable('the annotation of a class refers to an object that is written only behind it');
    }
    this.sink.reference(known);
    return true;
  }

  private open(start: number, end: number, event: number, instance: number): void {
    this.regions.push({ at: start, end, event, instance });
    if (this.regions.length > this.nesting) {
      this.nesting = this.regions.length;
      // Two extents, an object's and its class's, are one level or more; the cutter looks closer.
      if (this.nesting > 2 * this.limits.maxDepth) {
        throw this.limitError('maxDepth', start);
      }
    }
  }

  /** Goes on at `offset`, without copying what is before. */
  private skip(region: Region, offset: number): void {
    region.at = offset;
    region.event = this.epoch.eventAt(offset, region.event + 1);
  }

  private flush(region: Region, to: number): void {
    const { at } = region;
    const count = to - at;
    this.copied += count;
    this.source.cutBytes += count;
    const { maxCutBytes } = this.limits;
    if (
      this.copied > maxCutBytes ||
      this.source.cutBytes > maxCutBytes + TOTAL_GROWTH * this.source.bytes.length
    ) {
      throw this.limitError('maxCutBytes', at);
    }
    this.sink.out.copy(this.source.bytes, at, to);
    region.at = to;
  }

  private limitError(limit: 'maxDepth' | 'maxCutBytes', offset: number): TribesError {
    return new TribesError('TRIBES_E_JAVA_LIMIT', {
      limit,
      max: this.limits[limit],
      where: `offset ${offset}`,
    });
  }
}
