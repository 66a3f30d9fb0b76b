import { TribesError, type JavaLimits } from '../base/index.js';
import { canonicalDesc, type CanonicalDesc } from './canonical-desc.js';
import { TypeCode } from './constants.js';
import { HandleKind, type HandleTable } from './handle-table.js';
import { Renumbering } from './renumbering.js';
import type { ScannedDesc } from './scanned-desc.js';
import type { ScanSource, ScannedValue } from './scanned-value.js';
import type { StreamSink } from './stream-sink.js';
import { unwritable } from './unwritable.js';

const { NULL, REFERENCE } = TypeCode;
const { DESC, ENUM, STRING } = HandleKind;

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
/** Not in the sink, as `Renumbering.get` says. */
const UNKNOWN = -1;

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
  /** Handles in the sink by handles of the source. */
  private readonly handles = new Renumbering();
  private readonly regions: Region[] = [];
  /** Whose type code was written, and who waits for a class descriptor to get a handle. */
  private readonly begun = new Set<number>();
  /** Descriptors that stand in the sink in their canonical form, and whose type strings have got no handles yet. */
  private readonly merged: [ScannedDesc, CanonicalDesc][] = [];
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
    const { regions, epoch } = this;
    this.open(value.start, value.end, value.firstEvent, NO_INSTANCE);
    for (let region = regions.at(-1); region !== undefined; region = regions.at(-1)) {
      if (region.event < epoch.eventCount && epoch.eventOffset(region.event) < region.end) {
        this.event(region);
      } else {
        this.flush(region, region.end);
        regions.pop();
        if (region.instance !== NO_INSTANCE) {
          this.begun.delete(region.instance);
          this.assignInstance(region.instance);
        }
      }
    }
  }

  /** Copies `value`, and nothing else ever: a value that refers to nothing is taken as it stands. */
  copyOnly(value: ScannedValue): void {
    if (holdsReference(value)) {
      this.copy(value);
    } else {
      this.nesting = 1;
      this.flush(
        { at: value.start, end: value.end, event: value.firstEvent, instance: NO_INSTANCE },
        value.end,
      );
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
    } else if (this.handles.get(handle) !== UNKNOWN || this.begun.has(handle)) {
      this.flush(region, offset);
      this.skip(region, epoch.end(handle));
      this.refer(handle);
    } else if (epoch.kind(handle) === STRING) {
      this.handles.set(handle, this.sink.assign());
      region.event++;
    } else if (epoch.kind(handle) === DESC) {
      this.desc(region, offset, handle);
    } else {
      this.classed(region, offset, handle);
    }
  }

  private desc(region: Region, offset: number, handle: number): void {
    const desc = this.epoch.desc(handle);
    const form = this.mergeDescs && desc !== null ? canonicalDesc(desc, this.epoch) : undefined;
    if (form === undefined || desc === null) {
      this.handles.set(handle, this.sink.assign());
      region.event++;
      return;
    }
    this.flush(region, offset);
    this.skip(region, this.epoch.end(handle));
    this.sink.descriptor(form);
    this.handles.set(handle, this.sink.descHandle(form) as number);
    this.merged.push([desc, form]);
  }

  /**
   * What was not written because it stands in the sink already: handles of the superclasses of merged descriptors, and of
   * the type strings. Seldom does anybody refer to them.
   */
  private adoptMerged(): void {
    for (const [desc, form] of this.merged.splice(0)) {
      this.adoptTypes(desc, form);
      let next = desc.superDesc;
      for (let known = form.superDesc; next !== null && known !== null; known = known.superDesc) {
        if (this.handles.get(next.handle) === UNKNOWN) {
          this.handles.set(next.handle, this.sink.descHandle(known) as number);
          this.adoptTypes(next, known);
        }
        next = next.superDesc;
      }
    }
  }

  private adoptTypes(desc: ScannedDesc, form: CanonicalDesc): void {
    const { epoch, handles, sink } = this;
    const last = desc.handle + form.types.length;
    for (let handle = desc.handle + 1; handle <= last && epoch.kind(handle) === STRING; handle++) {
      const key = this.source.bytes.toString('latin1', epoch.start(handle), epoch.end(handle));
      const type = sink.typeHandle(key);
      const known = handles.get(handle) !== UNKNOWN;
      if (type !== undefined && epoch.end(handle) <= epoch.end(desc.handle) && !known) {
        handles.set(handle, type);
      }
    }
  }

  /** What begins with a class descriptor gets its handle behind it. */
  private classed(region: Region, offset: number, handle: number): void {
    const { epoch } = this;
    const first = region.event + 1;
    this.flush(region, offset + 1);
    const code = this.source.bytes[offset + 1];
    if (code === REFERENCE) {
      const desc = epoch.eventHandle(first);
      region.at = offset + 6;
      region.event = first + 1;
      if (this.refer(desc)) {
        this.assignInstance(handle);
      } else {
        this.begun.add(handle);
        this.open(epoch.start(desc), epoch.end(desc), epoch.definition(desc), handle);
      }
    } else {
      const end = code === NULL ? offset + 2 : epoch.end(epoch.eventHandle(first));
      this.skip(region, end);
      this.begun.add(handle);
      this.open(offset + 1, end, first, handle);
    }
    if (epoch.kind(handle) === ENUM) {
      this.skip(region, epoch.end(handle));
    }
  }

  private assignInstance(handle: number): void {
    const { epoch } = this;
    this.handles.set(handle, this.sink.assign());
    if (epoch.kind(handle) === ENUM) {
      // The name of a constant is never a reference (ObjectInputStream.readEnum), and always gets a handle.
      const name = handle + 1;
      const nameHandle = this.sink.assign();
      this.sink.out.copy(this.source.bytes, epoch.start(name), epoch.end(name));
      if (this.handles.get(name) === UNKNOWN) {
        this.handles.set(name, nameHandle);
      }
    }
  }

  /** Writes a reference if what `handle` stands for is in the sink. */
  private refer(handle: number): boolean {
    let known = this.handles.get(handle);
    if (known === UNKNOWN && this.merged.length > 0 && this.epoch.kind(handle) === STRING) {
      this.adoptMerged();
      known = this.handles.get(handle);
    }
    if (known !== UNKNOWN) {
      this.sink.reference(known);
      return true;
    }
    if (this.begun.has(handle)) {
      throw unwritable('the annotation of a class refers to an object that is written only behind it');
    }
    return false;
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
    const { source, limits } = this;
    const count = to - at;
    this.copied += count;
    source.cutBytes += count;
    const { maxCutBytes } = limits;
    if (this.copied > maxCutBytes || source.cutBytes > maxCutBytes + TOTAL_GROWTH * source.bytes.length) {
      throw this.limitError('maxCutBytes', at);
    }
    this.sink.out.copy(source.bytes, at, to);
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

function holdsReference({ epoch, end, firstEvent }: ScannedValue): boolean {
  for (let event = firstEvent; event < epoch.eventCount && epoch.eventOffset(event) < end; event++) {
    if (epoch.isReference(event)) {
      return true;
    }
  }
  return false;
}
