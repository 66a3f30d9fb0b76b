import type { JavaLimits } from '../base/index.js';
import { STREAM_HEADER, TypeCode } from './constants.js';
import { HandleKind } from './handle-table.js';
import { STEP_SIZE, Step, type Layout } from './layout.js';
import { Decisions } from './look-ahead.js';
import { ClassFlags } from './model.js';
import { Passing, QuickDescriptors, type PassedDesc } from './quick-descriptors.js';
import { NOT_AN_ARRAY, VALUE_CELLS } from './scanned-desc.js';
import { ScannedBlock, ScannedEntry, type ScanSource, type ScannedContent } from './scanned-value.js';
import { NOTHING } from './stream-bytes.js';

// What is imported is looked up each time that it is used; what stands here becomes part of the compiled code.
const { ARRAY, BLOCKDATA, BLOCKDATALONG, CLASS, ENDBLOCKDATA, ENUM } = TypeCode;
const { NULL, OBJECT, REFERENCE, RESET, STRING } = TypeCode;
const { BLOCK_DATA, EXTERNALIZABLE } = ClassFlags;
const { UNFAMILIAR } = Passing;
const Kind = HandleKind;
const Do = Step;
const STEP = STEP_SIZE;
const NO_ARRAY = NOT_AN_ARRAY;
const VALUES = VALUE_CELLS;
const HEADER = STREAM_HEADER.readInt32BE(0);

/** Longer streams are scanned the plain way: what a stream can make of a slab stays small. */
const MAX_BYTES = 2 ** 14;
/** Objects and arrays within each other: each takes some of the call stack. */
const MAX_NESTING = 64;

/**
 * Scans a whole stream as `Grammar` does, if it is as most are: small, with class descriptors without annotations, nested
 * not too deeply, without resets, exceptions, proxies and long strings, and with no class that may have skipped its fields.
 * Whatever goes beyond that is for the grammar, from the beginning; and so is every error.
 *
 * Each method takes the offset of what it passes over, and returns the offset behind, or UNFAMILIAR.
 */
class QuickScanner extends QuickDescriptors {
  /** The contents of the stream; undefined where it is for the plain way. */
  scan(bytes: Buffer, limits: JavaLimits): ScannedContent[] | undefined {
    if (bytes.length < STREAM_HEADER.length || bytes.length > MAX_BYTES || !areWide(limits, bytes.length)) {
      return undefined;
    }
    this.beginTable(bytes);
    this.bytes = bytes;
    this.end = bytes.length;
    this.maxHierarchy = limits.maxHierarchy;
    this.maxDepth = 0;
    this.descCount = 0;
    const contents = this.int(0) === HEADER ? this.contents(limits) : undefined;
    this.bytes = NOTHING;
    this.forgetTable();
    return contents;
  }

  private contents(limits: JavaLimits): ScannedContent[] | undefined {
    const { bytes, end, table } = this;
    const source: ScanSource = { bytes, limits, decisions: new Decisions(), maxDepth: 0, cutBytes: 0 };
    const contents: ScannedContent[] = [];
    for (let at = STREAM_HEADER.length; at < end;) {
      const start = at;
      const code = bytes[at];
      if (code === BLOCKDATA || code === BLOCKDATALONG) {
        at = this.block(at);
        contents.push(new ScannedBlock(bytes, start, at, start + (code === BLOCKDATA ? 2 : 5)));
      } else {
        const firstEvent = this.eventCount;
        this.depth = 0;
        at = this.value(at);
        contents.push(new ScannedEntry(source, table, start, at, firstEvent));
      }
      if (at < 0 || at > end) {
        return undefined;
      }
    }
    source.maxDepth = this.maxDepth;
    this.endTable();
    return contents;
  }

  // ---- values ----

  private value(at: number): number {
    if (at >= this.end || this.isFull) {
      return UNFAMILIAR;
    }
    switch (this.bytes[at]) {
      case NULL:
        return at + 1;
      case REFERENCE:
        return this.reference(at);
      case STRING:
        return this.string(at);
      case OBJECT:
        return this.object(at);
      case ARRAY:
        return this.array(at);
      case CLASS:
        return this.classObject(at);
      case ENUM:
        return this.enumConstant(at);
      default:
        return UNFAMILIAR;
    }
  }

  private object(at: number): number {
    const start = this.classed(at, Kind.OBJECT);
    if (start < 0) {
      return UNFAMILIAR;
    }
    const { flags, layout } = this.passed[this.last] as PassedDesc;
    const next = start + layout.primitiveBytes;
    if ((flags & (EXTERNALIZABLE | BLOCK_DATA)) === EXTERNALIZABLE) {
      return UNFAMILIAR;
    }
    if (next < start || (flags & EXTERNALIZABLE) !== 0) {
      return this.holder(this.count - 1, start, flags, layout);
    }
    this.finishLast(next);
    return next <= this.end ? next : UNFAMILIAR;
  }

  /** The data of an object that may hold others. */
  private holder(handle: number, start: number, flags: number, layout: Layout): number {
    if (this.depth >= MAX_NESTING) {
      return UNFAMILIAR;
    }
    this.reach(++this.depth);
    const next = (flags & EXTERNALIZABLE) === 0 ? this.data(start, layout.steps) : this.inAnnotation(start);
    this.depth--;
    this.finish(handle, next);
    return next;
  }

  private array(at: number): number {
    const start = this.classed(at, Kind.ARRAY);
    if (start < 0 || this.end - start < 4) {
      return UNFAMILIAR;
    }
    const handle = this.count - 1;
    const size = (this.passed[this.last] as PassedDesc).cellSize;
    const length = this.int(start);
    // No cell takes less than a byte.
    if (size === NO_ARRAY || length < 0 || length > this.end - start) {
      return UNFAMILIAR;
    }
    if (size !== VALUES) {
      const next = start + 4 + length * size;
      this.finishAs(Kind.PRIMITIVE_ARRAY, handle, next);
      return next <= this.end ? next : UNFAMILIAR;
    }
    if (this.depth >= MAX_NESTING) {
      return UNFAMILIAR;
    }
    this.reach(++this.depth);
    const next = this.values(start + 4, length);
    this.depth--;
    this.finish(handle, next);
    return next;
  }

  private classObject(at: number): number {
    const next = this.classed(at, Kind.CLASS);
    this.finishLast(next);
    return next;
  }

  private enumConstant(at: number): number {
    const start = this.classed(at, Kind.ENUM);
    if (start < 0 || this.bytes[start] !== STRING || this.isFull) {
      return UNFAMILIAR;
    }
    this.finishLast(this.endOfUtf(start + 1));
    return this.string(start);
  }

  // ---- what values hold ----

  private values(start: number, count: number): number {
    let at = start;
    for (let left = count; left > 0 && at >= 0; left--) {
      at = this.value(at);
    }
    return at;
  }

  /** The data of an object whose class lays them out like that. */
  private data(start: number, steps: readonly number[]): number {
    let at = start;
    for (let step = 0; at >= 0; step += STEP) {
      const count = steps[step + 1] as number;
      switch (steps[step]) {
        case Do.PRIMITIVES:
          at += count;
          break;
        case Do.VALUES:
          at = this.values(at, count);
          break;
        case Do.VALUES_OR_NONE:
          at = this.valuesOrNone(at, count);
          break;
        case Do.FIELDS_OR_NONE:
          if (mayBeAnnotation(this.bytes[at])) {
            return UNFAMILIAR;
          }
          break;
        case Do.ANNOTATION:
          at = this.inAnnotation(at);
          break;
        default:
          return at <= this.end ? at : UNFAMILIAR;
      }
    }
    return UNFAMILIAR;
  }

  /** `ValueGrammar.endsFields`: a block, or the end, where a value should stand. */
  private valuesOrNone(start: number, count: number): number {
    let at = start;
    for (let left = count; left > 0 && at >= 0; left--) {
      const code = this.bytes[at];
      if (code === ENDBLOCKDATA || code === BLOCKDATA || code === BLOCKDATALONG) {
        return at;
      }
      at = this.value(at);
    }
    return at;
  }

  private inAnnotation(start: number): number {
    this.reach(++this.depth);
    const next = this.annotation(start);
    this.depth--;
    return next;
  }

  private annotation(start: number): number {
    const { bytes, end } = this;
    for (let at = start; at >= 0 && at < end;) {
      switch (bytes[at]) {
        case ENDBLOCKDATA:
          return at + 1;
        case BLOCKDATA:
        case BLOCKDATALONG:
          at = this.block(at);
          break;
        case STRING:
          at = this.strings(at);
          break;
        default:
          at = this.value(at);
      }
    }
    return UNFAMILIAR;
  }

  private block(at: number): number {
    if (this.end - at < 5) {
      return this.end - at >= 2 && this.bytes[at] === BLOCKDATA
        ? at + 2 + (this.bytes[at + 1] as number)
        : UNFAMILIAR;
    }
    if (this.bytes[at] === BLOCKDATA) {
      return at + 2 + (this.bytes[at + 1] as number);
    }
    const length = this.int(at + 1);
    return length < 0 || length > this.end ? UNFAMILIAR : at + 5 + length;
  }
}

/** `ValueGrammar.annotationMayFollow`: what can begin a content, or end an annotation. */
function mayBeAnnotation(code: number | undefined): boolean {
  return code === undefined || (code >= NULL && code <= ENUM && code !== RESET);
}

/** Whether nothing that is scanned quickly can be beyond `limits`, but for the hierarchy of a class. */
function areWide(limits: JavaLimits, length: number): boolean {
  return (
    length <= limits.maxBytes &&
    length <= limits.maxContents &&
    length <= limits.maxStringBytes &&
    length <= limits.maxArrayCells &&
    length <= limits.maxHandles &&
    length <= limits.maxDescriptors &&
    2 * MAX_NESTING <= limits.maxDepth
  );
}

const scanner = new QuickScanner();

/** The contents of a stream that is as most are; undefined where it has to be scanned the plain way. */
export function scanQuickly(bytes: Buffer, limits: JavaLimits): ScannedContent[] | undefined {
  return scanner.scan(bytes, limits);
}
