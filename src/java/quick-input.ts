import type { JavaLimits } from '../base/index.js';
import { STREAM_HEADER, TypeCode } from './constants.js';
import { InternedTexts, type InternedText } from './interned-texts.js';
import { KnownClasses, MAX_HIERARCHY } from './known-classes.js';
import { decodeStrictly } from './modified-utf8.js';
import { MAX_NESTING, QuickCutter } from './quick-cutter.js';
import { MAX_HANDLES, NONE, QuickKind, type HandlesMark } from './quick-handles.js';
import { UNFAMILIAR } from './unfamiliar.js';

const NOTHING = Buffer.alloc(0);

/** A place in a stream. */
export interface QuickPlace {
  readonly at: number;
  readonly recordEnd: number;
  readonly handles: HandlesMark;
}

/**
 * Reads primitives and objects from a stream as `ObjectInput` does, for streams that are as most are. Whatever goes beyond
 * that makes the whole stream UNFAMILIAR; nothing of it counts then. Objects are cut out as they are passed.
 */
export class QuickInput extends QuickCutter {
  private readonly texts = new InternedTexts();
  /** Where the block-data record ends that is being read. */
  private recordEnd = 0;

  /** Begins `stream`; behind it, `close`. */
  open(stream: Buffer): void {
    this.begin(stream);
    this.unknownAt = -1;
    if (stream.length < STREAM_HEADER.length || this.int(0) !== STREAM_HEADER.readInt32BE(0)) {
      throw UNFAMILIAR;
    }
    this.at = STREAM_HEADER.length;
    this.recordEnd = this.at;
  }

  /** Lets go of the stream. */
  close(): void {
    this.bytes = NOTHING;
  }

  /** Whether what is read is not to be looked at: it goes into one cut as it is. */
  get isWhole(): boolean {
    return this.cutsWhole;
  }

  /** Where it stands, for `goBack`. */
  protected place(): QuickPlace {
    return { at: this.at, recordEnd: this.recordEnd, handles: this.handles.mark() };
  }

  /** Forgets what was read since then, and the cuts that have not been taken. */
  protected goBack({ at, recordEnd, handles }: QuickPlace): void {
    this.at = at;
    this.recordEnd = recordEnd;
    this.handles.goBack(handles);
    this.sink.clear();
  }

  /** Where the class descriptor stands that made the stream unfamiliar, else -1. */
  get unknownClassAt(): number {
    return this.unknownAt;
  }

  /** Leaves the stream to the plain way. */
  giveUp(): never {
    throw UNFAMILIAR;
  }

  readInt(): number {
    return this.int(this.take(4));
  }

  readBoolean(): boolean {
    return this.bytes[this.take(1)] !== 0;
  }

  /** True where an object of that class stands next, or a reference to one that cannot change. */
  isNext(className: string): boolean {
    const { at, handles, bytes } = this;
    if (at !== this.recordEnd) {
      return false;
    }
    const isReference = bytes[at] === TypeCode.REFERENCE;
    if (!isReference && bytes[at] !== TypeCode.OBJECT) {
      return false;
    }
    if (isReference || bytes[at + 1] === TypeCode.REFERENCE) {
      const handle = this.handleAt(isReference ? at : at + 1);
      const desc = isReference && handles.kind(handle) === QuickKind.LEAF ? handles.link(handle) : handle;
      return handles.kind(desc) === QuickKind.DESC && handles.classOf(desc).className === className;
    }
    const length = this.short(at + 2);
    return length === className.length && bytes.toString('latin1', at + 4, at + 4 + length) === className;
  }

  readUTF(): string {
    const length = this.short(this.take(2));
    const start = this.take(length);
    return decodeStrictly(this.bytes, start, start + length) ?? this.giveUp();
  }

  /** The next UTF, which is likely to come again. */
  readName(): InternedText {
    const length = this.short(this.take(2));
    const start = this.take(length);
    return this.texts.find(this.bytes, start, start + length) ?? this.giveUp();
  }

  /** Passes over a UTF. */
  skipUTF(): void {
    const length = this.short(this.take(2));
    const start = this.take(length);
    for (let at = start; at < start + length; at++) {
      const byte = this.bytes[at] as number;
      if (byte === 0 || byte >= 0x80) {
        throw UNFAMILIAR;
      }
    }
  }

  expectEnd(): void {
    if (this.at !== this.end || this.at !== this.recordEnd) {
      throw UNFAMILIAR;
    }
  }

  /** True if a null stood next: it was passed. */
  skipNull(): boolean {
    this.expectObject();
    if (this.bytes[this.at] !== TypeCode.NULL) {
      return false;
    }
    this.goTo(this.at + 1);
    this.recordEnd = this.at;
    return true;
  }

  /** Cuts out the next object; returns its number among the cuts. */
  cutObject(): number {
    this.expectObject();
    this.cutValue();
    this.recordEnd = this.at;
    return this.cutsWhole ? 0 : this.endCut();
  }

  readIntegerObject(): number {
    return this.int(this.boxEnd('java.lang.Integer', 4) - 4);
  }

  /** To the nearest number. */
  readLongObject(): number {
    const end = this.boxEnd('java.lang.Long', 8);
    return this.int(end - 8) * 2 ** 32 + (this.int(end - 4) >>> 0);
  }

  readBooleanObject(): boolean {
    return this.bytes[this.boxEnd('java.lang.Boolean', 1) - 1] !== 0;
  }

  readStringObject(): string | null {
    if (this.skipNull()) {
      return null;
    }
    const { handles } = this;
    const handle = this.skipSimple(TypeCode.STRING);
    const text =
      handles.kind(handle) === QuickKind.STRING
        ? decodeStrictly(this.bytes, handles.start(handle) + 3, handles.end(handle))
        : undefined;
    return text ?? this.giveUp();
  }

  /** The next object, a string that is likely to come again. */
  readNameObject(): InternedText {
    const { handles } = this;
    const handle = this.skipSimple(TypeCode.STRING);
    return handles.kind(handle) === QuickKind.STRING
      ? (this.texts.find(this.bytes, handles.start(handle) + 3, handles.end(handle)) ?? this.giveUp())
      : this.giveUp();
  }

  /** What was cut out since the last call, in memory of its own. */
  takeCuts(): readonly Buffer[] {
    const cuts = this.sink.take();
    this.sink.clear();
    return cuts;
  }

  /** Behind the field of a box, or of the box that is referred to. */
  private boxEnd(className: string, size: number): number {
    const { handles } = this;
    const handle = this.skipSimple(TypeCode.OBJECT);
    const isLeaf = handles.kind(handle) === QuickKind.LEAF;
    if (!isLeaf || !handles.classOf(handles.link(handle)).isBox(className, size)) {
      throw UNFAMILIAR;
    }
    return handles.end(handle);
  }

  /** Passes over an object that has nothing within it, and begins with `code`, or over a reference; returns the handle. */
  private skipSimple(code: number): number {
    this.expectObject();
    const { at, handles } = this;
    const found = this.bytes[at];
    if (found === TypeCode.REFERENCE) {
      const referred = this.handleAt(at);
      if (this.cutsWhole) {
        this.cutValue();
      } else {
        this.goTo(at + 5);
      }
      this.recordEnd = this.at;
      return referred;
    }
    if (this.cutsWhole || !this.skipKnown(at)) {
      this.cutValue();
      if (!this.cutsWhole) {
        this.sink.dropCut();
      }
    }
    this.recordEnd = this.at;
    if (found !== code || !this.isFlat) {
      throw UNFAMILIAR;
    }
    // Behind those of its class.
    return handles.count - 1;
  }

  /** Passes over a string, or a box whose class stands elsewhere, without a cut. False, and nothing was done, for all else. */
  private skipKnown(at: number): boolean {
    const { bytes, handles } = this;
    if (bytes[at] === TypeCode.STRING) {
      this.goTo(at + 3 + this.short(at + 1));
      handles.define(QuickKind.STRING, at, this.at, NONE);
      this.isFlat = true;
      return true;
    }
    if (bytes[at] !== TypeCode.OBJECT || bytes[at + 1] !== TypeCode.REFERENCE) {
      return false;
    }
    const desc = this.handleAt(at + 1);
    if (handles.kind(desc) !== QuickKind.DESC || !handles.classOf(desc).isLeaf) {
      return false;
    }
    this.goTo(at + 6 + handles.classOf(desc).primitiveBytes);
    handles.define(QuickKind.LEAF, 0, this.at, desc);
    this.isFlat = true;
    return true;
  }

  private expectObject(): void {
    if (this.at !== this.recordEnd) {
      throw UNFAMILIAR;
    }
  }

  /** Passes over `count` bytes of primitive data; returns where they begin. None lie across two records. */
  private take(count: number): number {
    if (this.at === this.recordEnd) {
      this.openRecord();
    }
    const start = this.at;
    const next = start + count;
    if (next > this.recordEnd) {
      throw UNFAMILIAR;
    }
    this.at = next;
    return start;
  }

  private openRecord(): void {
    const { at } = this;
    const code = this.bytes[at];
    if (code === TypeCode.BLOCKDATA) {
      this.goTo(at + 2);
      this.recordEnd = this.at + (this.bytes[at + 1] as number);
    } else if (code === TypeCode.BLOCKDATALONG) {
      this.goTo(at + 5);
      this.recordEnd = this.at + this.lengthAt(at + 1);
    } else {
      throw UNFAMILIAR;
    }
    if (this.recordEnd > this.end) {
      throw UNFAMILIAR;
    }
  }
}

/** The classes that were met before, by whomever. */
export const classes = new KnownClasses();
const input = new QuickInput(classes);

/**
 * What `read` makes of a stream whose classes are all known, or become known by a scan. Undefined where the stream has to
 * be read the plain way: then `read` has thrown, once or twice, and must not have done anything.
 */
export function readQuickly<T>(
  stream: Buffer,
  limits: JavaLimits,
  read: (input: QuickInput) => T,
): T | undefined {
  if (!areWide(limits, stream.length)) {
    return undefined;
  }
  const result = attempt(stream, read);
  const { unknownClassAt } = input;
  return result === undefined && unknownClassAt >= 0 && classes.learn(stream, unknownClassAt, limits)
    ? attempt(stream, read)
    : result;
}

function attempt<T>(stream: Buffer, read: (input: QuickInput) => T): T | undefined {
  try {
    input.open(stream);
    return read(input);
  } catch (error) {
    if (error === UNFAMILIAR) {
      return undefined;
    }
    throw error;
  } finally {
    input.close();
  }
}

/** Whether nothing that is read quickly can be beyond `limits`. */
export function areWide(limits: JavaLimits, length: number): boolean {
  return (
    length <= limits.maxBytes &&
    length <= limits.maxStringBytes &&
    length <= limits.maxArrayCells &&
    limits.maxHandles >= MAX_HANDLES &&
    limits.maxDescriptors >= MAX_HANDLES &&
    limits.maxHierarchy >= MAX_HIERARCHY &&
    limits.maxDepth >= FRAMES_PER_LEVEL * (MAX_NESTING + 1)
  );
}

/** Frames of the plain grammar for an object within another: the object, its annotation, the class being read. */
const FRAMES_PER_LEVEL = 3;
