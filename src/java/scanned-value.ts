import type { JavaLimits } from '../base/index.js';
import { TypeCode } from './constants.js';
import { HandleKind, type HandleTable } from './handle-table.js';
import type { OpaqueReason } from './model.js';
import { decodeText } from './modified-utf8.js';
import { STEP_SIZE, Step } from './layout.js';
import type { Decisions } from './look-ahead.js';
import type { ScannedDesc } from './scanned-desc.js';

/** A stream that is being scanned: what its values need to be cut out of it. */
export interface ScanSource {
  readonly bytes: Buffer;
  readonly limits: JavaLimits;
  /** Whether classes with writeObject skipped their fields, by the offset of their data. */
  readonly decisions: Decisions;
  /** Deepest nesting met so far. */
  maxDepth: number;
  /** Bytes that cuts of this stream have made so far. */
  cutBytes: number;
}

/** Where something stands in a stream: bytes [start, end). */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** What stands at the top level of a stream, or in an annotation, as a scan sees it. */
export type ScannedContent =
  | ScannedEntry
  | ScannedBlock
  | (Extent & { readonly kind: 'reset' })
  /** `aborted`: where what had been written of an object before stands. */
  | (Extent & { readonly kind: 'exception'; readonly thrown: ScannedValue; readonly aborted?: Extent })
  | (Extent & { readonly kind: 'opaque'; readonly reason: OpaqueReason; readonly className: string });

/** A content that is a value. */
export class ScannedEntry implements Extent {
  readonly start: number;
  readonly end: number;
  private readonly source: ScanSource;
  private readonly epoch: HandleTable;
  private readonly firstEvent: number;
  private cachedValue: ScannedValue | undefined;

  /** Of the same as the value. */
  constructor(source: ScanSource, epoch: HandleTable, start: number, end: number, firstEvent: number) {
    this.start = start;
    this.end = end;
    this.source = source;
    this.epoch = epoch;
    this.firstEvent = firstEvent;
  }

  get kind(): 'value' {
    return 'value';
  }

  /** Made when it is asked for: a session list holds many values that are only passed over. */
  get value(): ScannedValue {
    this.cachedValue ??= new ScannedValue(this.source, this.epoch, this.start, this.end, this.firstEvent);
    return this.cachedValue;
  }
}

/** A record of block data. */
export class ScannedBlock implements Extent {
  readonly kind = 'blockData';
  readonly stream: Buffer;
  readonly start: number;
  readonly end: number;
  /** Where its data begin; they end where it ends. */
  readonly payloadStart: number;

  constructor(stream: Buffer, start: number, end: number, payloadStart: number) {
    this.stream = stream;
    this.start = start;
    this.end = end;
    this.payloadStart = payloadStart;
  }

  /** Its data, as a view of the stream: made when it is asked for, which takes longer than to scan a record. */
  get bytes(): Buffer {
    return this.stream.subarray(this.payloadStart, this.end);
  }
}

export type ScannedKind =
  'null' | 'string' | 'object' | 'array' | 'primitiveArray' | 'enum' | 'class' | 'desc';

/** A value of a stream: its extent, its class, its handles. Nothing of it is built. */
export class ScannedValue implements Extent {
  readonly source: ScanSource;
  /** The handles of its epoch: of the stream's beginning, a reset or an exception to the next. */
  readonly epoch: HandleTable;
  readonly start: number;
  readonly end: number;
  /** The first of the definitions and references within it, an event of the epoch. */
  readonly firstEvent: number;

  constructor(source: ScanSource, epoch: HandleTable, start: number, end: number, firstEvent: number) {
    this.source = source;
    this.epoch = epoch;
    this.start = start;
    this.end = end;
    this.firstEvent = firstEvent;
  }

  /** True when a TC_REFERENCE stands there. */
  get isReference(): boolean {
    return this.source.bytes[this.start] === TypeCode.REFERENCE;
  }

  /** The handle that it defines or refers to; -1 for null. */
  get handle(): number {
    const isNull = this.source.bytes[this.start] === TypeCode.NULL;
    return isNull ? -1 : this.epoch.eventHandle(this.firstEvent);
  }

  /** What it is, or what it refers to. */
  get kind(): ScannedKind {
    const { handle } = this;
    return handle < 0 ? 'null' : kindName(this.epoch.kind(handle));
  }

  /** Class name as the stream says, of what it is or refers to; null for a null reference. */
  get className(): string | null {
    switch (this.kind) {
      case 'null':
        return null;
      case 'string':
        return 'java.lang.String';
      case 'class':
        return 'java.lang.Class';
      case 'desc':
        return 'java.io.ObjectStreamClass';
      default:
        return this.desc?.className ?? null;
    }
  }

  /** The class of an object, array or enum constant; what a class object or a descriptor stands for. */
  get desc(): ScannedDesc | null {
    const { handle } = this;
    return handle < 0 ? null : this.epoch.desc(handle);
  }

  /** The text of a string; undefined for anything else. */
  get text(): string | undefined {
    const { handle, epoch } = this;
    if (handle < 0 || epoch.kind(handle) !== HandleKind.STRING) {
      return undefined;
    }
    const { bytes } = this.source;
    const start = epoch.start(handle);
    return decodeText(bytes, start + (bytes[start] === TypeCode.LONGSTRING ? 9 : 3), epoch.end(handle)).value;
  }

  /** Offset of the one primitive of a box such as java.lang.Integer; undefined for anything else. */
  boxOffset(className: string, size: number): number | undefined {
    const { desc, handle, epoch } = this;
    if (desc === null || epoch.kind(handle) !== HandleKind.OBJECT || desc.className !== className) {
      return undefined;
    }
    const { steps } = desc.layout;
    const onePrimitive = steps.length === 2 * STEP_SIZE && steps[0] === Step.PRIMITIVES && steps[1] === size;
    return onePrimitive ? epoch.end(handle) - size : undefined;
  }
}

function kindName(kind: HandleKind): ScannedKind {
  switch (kind) {
    case HandleKind.STRING:
      return 'string';
    case HandleKind.OBJECT:
      return 'object';
    case HandleKind.ARRAY:
      return 'array';
    case HandleKind.PRIMITIVE_ARRAY:
      return 'primitiveArray';
    case HandleKind.ENUM:
      return 'enum';
    case HandleKind.CLASS:
      return 'class';
    case HandleKind.DESC:
      return 'desc';
  }
}
