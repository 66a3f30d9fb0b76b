import { TribesError, isTribesError, type JavaLimits } from '../base/index.js';
import { BASE_HANDLE, STREAM_HEADER, TypeCode } from './constants.js';
import { Frame, FrameStack } from './frame-stack.js';
import type { GraphBuilder } from './graph-builder.js';
import { HandleKind, HandleTable, wireHandle } from './handle-table.js';
import { DEAD_END, LookAhead, OUT_OF_STEPS, type Mark } from './look-ahead.js';
import { ClassFlags, type OpaqueReason } from './model.js';
import { NOT_AN_ARRAY, STEP_SIZE, ScannedDesc, Step, VALUE_CELLS } from './scanned-desc.js';

const MAGIC_AND_VERSION = STREAM_HEADER.readInt32BE(0);

/** Raised where the stream cannot be understood without a class. */
export class Opacity extends Error {
  readonly reason: OpaqueReason;
  readonly className: string;

  constructor(reason: OpaqueReason, className: string) {
    super(`${reason}: ${className}`);
    this.reason = reason;
    this.className = className;
  }
}

/** Where the contents of an annotation begin, and what is known before it. */
export interface AnnotationStart {
  readonly offset: number;
  readonly table: HandleTable;
  readonly decisions: Map<number, boolean>;
}

export type ContentKind = 'value' | 'blockData' | 'reset' | 'exception' | 'opaque' | 'end';

/**
 * The grammar of the Java Object Serialization Stream Protocol, version 2: one automaton with a stack of its own, for
 * scanning (no builder) and for reading (a builder that makes the graph). It takes one content of the top level at a
 * time, checks every length against the bytes left and every limit before memory is spent, and fills a `HandleTable`.
 *
 * Facts mirrored: `ObjectInputStream.readObject0`, `readNonProxyDesc`, `readSerialData`, `readExternalData`, and the
 * writer's side of each in `ObjectOutputStream`.
 */
export class Grammar {
  readonly bytes: Buffer;
  readonly limits: JavaLimits;
  /** Offset of the next byte. */
  offset: number;
  table: HandleTable;
  /** Where the content that `next` returned begins. */
  contentStart = 0;
  /** Where the payload of the block data begins that `next` returned. */
  payloadStart = 0;
  /** Offset of TC_EXCEPTION when `next` returned an exception, else -1. */
  exceptionStart = -1;
  /** The epoch of what was thrown. */
  exceptionTable: HandleTable | undefined;
  /** Deepest nesting so far. */
  maxDepth = 0;
  /** Why the rest is opaque, when `next` returned that. */
  opacity: Opacity | undefined;
  /** Whether classes with writeObject skipped their fields, by the offset of their data. */
  readonly decisions: Map<number, boolean>;
  private readonly end: number;
  /** The contents are those of an annotation: TC_ENDBLOCKDATA ends them, and no reset stands among them. */
  private readonly annotation: boolean;
  private readonly frames = new FrameStack();
  private cachedLookAhead: LookAhead | undefined;
  private readonly client: GraphBuilder | null;
  /** The client; null while looking ahead. */
  private builder: GraphBuilder | null;
  private speculating = false;
  /** Array cells so far. */
  private cells = 0;
  /** Steps taken, and how many may be. */
  private steps = 0;
  private maxSteps = Infinity;

  private constructor(
    bytes: Buffer,
    limits: JavaLimits,
    client: GraphBuilder | null,
    start?: AnnotationStart,
  ) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.limits = limits;
    this.client = client;
    this.builder = client;
    this.annotation = start !== undefined;
    this.offset = start?.offset ?? 0;
    this.table = start?.table ?? new HandleTable();
    this.decisions = start?.decisions ?? new Map<number, boolean>();
    if (bytes.length > this.limits.maxBytes) {
      this.exceeds('maxBytes');
    }
  }

  /** The grammar of a whole stream. Errors: TRIBES_E_JAVA_HEADER, TRIBES_E_JAVA_LIMIT. */
  static ofStream(bytes: Buffer, limits: JavaLimits, client: GraphBuilder | null): Grammar {
    const grammar = new Grammar(bytes, limits, client);
    if (bytes.length < STREAM_HEADER.length || grammar.int(0) !== MAGIC_AND_VERSION) {
      const found = bytes.toString('hex', 0, STREAM_HEADER.length) || 'nothing';
      throw new TribesError('TRIBES_E_JAVA_HEADER', { found });
    }
    grammar.offset = STREAM_HEADER.length;
    return grammar;
  }

  /** The grammar of an annotation of a stream that was scanned before. */
  static ofAnnotation(bytes: Buffer, limits: JavaLimits, start: AnnotationStart): Grammar {
    return new Grammar(bytes, limits, null, start);
  }

  /**
   * Takes the next content. After `opaque` and `end` there is no other. A grammar error while an Externalizable is
   * open means that its class went on after an object had broken off: the rest is opaque, too.
   */
  next(): ContentKind {
    this.contentStart = this.offset;
    this.exceptionStart = -1;
    if (this.offset === this.end && !this.annotation) {
      return 'end';
    }
    const code = this.peekByte('a content');
    if (code === TypeCode.BLOCKDATA || code === TypeCode.BLOCKDATALONG) {
      this.blockData(code);
      return 'blockData';
    }
    if (code === TypeCode.RESET && !this.annotation) {
      this.offset++;
      this.beginEpoch();
      return 'reset';
    }
    if (code === TypeCode.ENDBLOCKDATA && this.annotation) {
      return 'end';
    }
    this.frames.clear();
    this.frames.push(Frame.TOP_LEVEL, 1, 0, 0);
    try {
      return this.finishContent();
    } catch (error) {
      this.opacity = this.opacityOf(error);
      this.offset = this.end;
      return 'opaque';
    }
  }

  /** Goes on to the end of the content that is open. */
  finishContent(): 'value' | 'exception' {
    while (this.advance()) {
      this.value();
    }
    if (this.exceptionStart < 0) {
      return 'value';
    }
    this.exceptionTable = this.table;
    this.beginEpoch();
    return 'exception';
  }

  private opacityOf(error: unknown): Opacity {
    if (error instanceof Opacity) {
      return error;
    }
    if (isTribesError(error, 'TRIBES_E_JAVA_TRUNCATED', 'TRIBES_E_JAVA_UNEXPECTED')) {
      if (this.cachedLookAhead?.undecided === true) {
        throw this.limitError('maxBacktrackSteps');
      }
      const torn = this.openExternalizable();
      if (torn !== undefined) {
        return new Opacity('torn', torn.className);
      }
    }
    throw error;
  }

  private openExternalizable(): ScannedDesc | undefined {
    for (let level = 0; level < this.frames.depth; level++) {
      if (this.frames.kindAt(level) === Frame.OBJECT) {
        const desc = this.table.desc(this.frames.firstAt(level));
        if (desc?.externalizable === true) {
          return desc;
        }
      }
    }
    return undefined;
  }

  private beginEpoch(): void {
    if (this.table.eventCount > 0) {
      this.table = new HandleTable();
    }
    this.builder?.reset();
  }

  // ---- frames ----

  /** Lets the innermost frames go on until one needs a value; false when the value of the top level is complete. */
  private advance(): boolean {
    for (;;) {
      switch (this.frames.kind) {
        case Frame.TOP_LEVEL: {
          const wanted = this.frames.first;
          this.frames.first = 0;
          return wanted === 1;
        }
        case Frame.ARRAY: {
          const left = this.frames.second;
          if (left > 0) {
            this.frames.second = left - 1;
            return true;
          }
          this.close();
          break;
        }
        case Frame.OBJECT:
          if (this.advanceObject()) {
            return true;
          }
          break;
        case Frame.ANNOTATION:
          if (this.advanceAnnotation()) {
            return true;
          }
          break;
        default: {
          const desc = this.table.descriptors[this.frames.first] as ScannedDesc;
          this.frames.pop();
          this.descriptor(desc);
        }
      }
    }
  }

  /** True when a field needs a value; false when an annotation was opened or the object ended. */
  private advanceObject(): boolean {
    const { frames } = this;
    const steps = (this.table.desc(frames.first) as ScannedDesc).steps;
    let at = frames.second;
    const left = frames.third;
    if (left > 0) {
      const maybeNone = steps[at - STEP_SIZE] === Step.VALUES_OR_NONE;
      if (!maybeNone || !this.endsFields(steps[at - 1] as number)) {
        frames.third = left - 1;
        return true;
      }
    }
    frames.third = 0;
    for (;;) {
      const count = steps[at + 1] as number;
      const place = steps[at + 2] as number;
      const step = steps[at];
      at += STEP_SIZE;
      switch (step) {
        case Step.PRIMITIVES: {
          const start = this.claim(count, 'primitive fields');
          this.builder?.primitives(place, start, start + count);
          break;
        }
        case Step.VALUES:
        case Step.VALUES_OR_NONE:
          if (step === Step.VALUES_OR_NONE && this.endsFields(place)) {
            break;
          }
          this.builder?.beginValues(place);
          frames.second = at;
          frames.third = count - 1;
          return true;
        case Step.FIELDS_OR_NONE:
          frames.second = at;
          if (this.annotationMayFollow && this.lookAhead.skipsFields()) {
            this.builder?.noFields(place);
            at = count;
          }
          break;
        case Step.ANNOTATION:
          frames.second = at;
          this.push(Frame.ANNOTATION, 0, 0, 0);
          this.builder?.beginAnnotation(place);
          return false;
        default:
          this.close();
          return false;
      }
    }
  }

  /** In a class whose fields are all values: a block, or the end, where a value should stand, shows that it wrote none. */
  private endsFields(place: number): boolean {
    const code = this.peekByte('a field');
    if (code !== TypeCode.ENDBLOCKDATA && code !== TypeCode.BLOCKDATA && code !== TypeCode.BLOCKDATALONG) {
      return false;
    }
    this.builder?.noFields(place);
    return true;
  }

  /** True when a value stands next. */
  private advanceAnnotation(): boolean {
    for (;;) {
      const code = this.peekByte('a content or the end of an annotation');
      switch (code) {
        case TypeCode.BLOCKDATA:
        case TypeCode.BLOCKDATALONG:
          this.blockData(code);
          break;
        case TypeCode.ENDBLOCKDATA:
          this.offset++;
          this.frames.pop();
          this.builder?.end();
          if (this.speculating) {
            this.lookAhead.annotationEnded(this.frames.depth);
          }
          return false;
        default:
          return true;
      }
    }
  }

  private push(kind: number, first: number, second: number, third: number): void {
    this.frames.push(kind, first, second, third);
    const depth = this.frames.depth - 1;
    if (depth > this.maxDepth) {
      if (depth > this.limits.maxDepth) {
        this.exceeds('maxDepth');
      }
      this.maxDepth = depth;
    }
  }

  /** Ends the innermost array or object. */
  private close(): void {
    this.table.finish(this.frames.first, this.offset);
    this.frames.pop();
    this.builder?.end();
  }

  // ---- contents ----

  private value(): void {
    const start = this.offset;
    const code = this.peekByte('a value');
    this.countStep();
    switch (code) {
      case TypeCode.NULL:
        this.offset = start + 1;
        this.builder?.nullValue();
        break;
      case TypeCode.REFERENCE: {
        const handle = this.handle();
        this.builder?.reference(handle);
        break;
      }
      case TypeCode.STRING:
      case TypeCode.LONGSTRING:
        this.string(code);
        break;
      case TypeCode.OBJECT:
      case TypeCode.ARRAY:
      case TypeCode.CLASS:
      case TypeCode.ENUM:
        this.classed(code);
        break;
      case TypeCode.CLASSDESC:
      case TypeCode.PROXYCLASSDESC:
        this.push(Frame.CLASS_WANTED, code, 0, 0);
        this.descriptor(null);
        break;
      case TypeCode.EXCEPTION:
        this.exception();
        break;
      default:
        this.unexpected('a value');
    }
  }

  private blockData(code: number): void {
    const start = this.offset;
    this.countStep();
    const long = code === TypeCode.BLOCKDATALONG;
    this.claim(long ? 5 : 2, 'the length of block data');
    const length = long ? this.int(start + 1) : (this.bytes[start + 1] as number);
    if (length < 0) {
      this.fail('a length of block data', String(length), start + 1);
    }
    this.payloadStart = this.claim(length, 'block data');
    this.builder?.blockData(this.payloadStart, this.offset, long);
  }

  private string(code: number): void {
    const start = this.offset;
    const handle = this.hiddenString(code);
    this.builder?.string(handle, start, this.offset);
  }

  /** A string that is part of something else; the builder finds it when it is told of the whole. */
  private hiddenString(code: number): number {
    const start = this.offset;
    const long = code === TypeCode.LONGSTRING;
    let length: number;
    if (long) {
      this.claim(9, 'the length of a string');
      length = this.bytes.readUInt32BE(start + 1) * 2 ** 32 + this.bytes.readUInt32BE(start + 5);
    } else {
      this.claim(3, 'the length of a string');
      length = this.short(start + 1);
    }
    if (length > this.limits.maxStringBytes) {
      this.exceeds('maxStringBytes');
    }
    this.claim(length, 'a string');
    const event = this.table.announce(start);
    const handle = this.define(HandleKind.STRING, event, null);
    this.table.finish(handle, this.offset);
    return handle;
  }

  /** TC_REFERENCE; the handle is one that is defined. */
  private handle(): number {
    const start = this.claim(5, 'a reference');
    const handle = this.int(start + 1) - BASE_HANDLE;
    if (handle < 0 || handle >= this.table.count) {
      this.fail('a handle that is defined', wireHandle(handle), start + 1);
    }
    this.table.refer(start, handle);
    return handle;
  }

  private exception(): void {
    this.exceptionStart = this.offset++;
    this.beginEpoch();
    this.builder?.abort();
    this.frames.clear();
    this.frames.push(Frame.TOP_LEVEL, 1, 0, 0);
    // ObjectInputStream.readFatalException: an object follows.
    if (this.peekByte('the exception') !== TypeCode.OBJECT) {
      this.unexpected('the exception');
    }
  }

  /** What begins with a class descriptor. */
  private classed(code: number): void {
    const event = this.table.announce(this.offset++);
    if (this.peekByte('a class descriptor') === TypeCode.REFERENCE) {
      this.instance(code, event, this.descriptorReference());
      return;
    }
    this.push(Frame.CLASS_WANTED, code, event, 0);
    this.descriptor(null);
  }

  private instance(code: number, event: number, desc: ScannedDesc | null): void {
    if (code === TypeCode.CLASS) {
      const handle = this.define(HandleKind.CLASS, event, desc);
      this.table.finish(handle, this.offset);
      this.builder?.classObject(handle, desc);
      return;
    }
    if (desc === null) {
      this.fail('a class descriptor', 'null', this.offset - 1);
    }
    if (code === TypeCode.OBJECT) {
      this.object(event, desc);
    } else if (code === TypeCode.ARRAY) {
      this.array(event, desc);
    } else {
      const handle = this.define(HandleKind.ENUM, event, desc);
      const nameCode = this.peekByte('the name of an enum constant');
      // ObjectInputStream.readEnum takes no reference here, and writeEnum writes none.
      if (nameCode !== TypeCode.STRING && nameCode !== TypeCode.LONGSTRING) {
        this.unexpected('the name of an enum constant');
      }
      const start = this.offset;
      this.hiddenString(nameCode);
      this.table.finish(handle, this.offset);
      this.builder?.enumConstant(handle, desc, start, this.offset);
    }
  }

  private object(event: number, desc: ScannedDesc): void {
    const handle = this.define(HandleKind.OBJECT, event, desc);
    if (desc.externalizable && (desc.flags & ClassFlags.BLOCK_DATA) === 0) {
      throw new Opacity('externalizable-v1', desc.className);
    }
    if (this.builder === null && desc.primitiveBytes >= 0) {
      this.claim(desc.primitiveBytes, 'primitive fields');
      this.table.finish(handle, this.offset);
      return;
    }
    this.push(Frame.OBJECT, handle, 0, 0);
    this.builder?.beginObject(handle, desc);
  }

  private array(event: number, desc: ScannedDesc): void {
    const size = desc.cellSize;
    if (size === NOT_AN_ARRAY) {
      this.fail('an array class', desc.className, this.offset);
    }
    const handle = this.define(
      size === VALUE_CELLS ? HandleKind.ARRAY : HandleKind.PRIMITIVE_ARRAY,
      event,
      desc,
    );
    const length = this.int(this.claim(4, 'the length of an array'));
    if (length < 0) {
      this.fail('the length of an array', String(length), this.offset - 4);
    }
    this.cells += length;
    if (this.cells > this.limits.maxArrayCells) {
      this.exceeds('maxArrayCells');
    }
    if (size === VALUE_CELLS) {
      this.checkLeft(length, 'the cells of an array');
      this.push(Frame.ARRAY, handle, length, 0);
      this.builder?.beginArray(handle, desc);
    } else {
      const start = this.claim(length * size, 'the cells of an array');
      this.table.finish(handle, this.offset);
      this.builder?.primitiveArray(handle, desc, start, this.offset);
    }
  }

  // ---- class descriptors ----

  /**
   * Reads a class descriptor and its superclasses; `subDesc` is the one whose superclass stands here. An annotation
   * that is not empty interrupts: its frame is opened, and the superclass read when it ends.
   */
  private descriptor(subDesc: ScannedDesc | null): void {
    let waiting = subDesc;
    for (;;) {
      const code = this.peekByte('a class descriptor');
      if (code === TypeCode.NULL) {
        this.offset++;
        this.completeDescriptors(waiting, null);
        return;
      }
      if (code === TypeCode.REFERENCE) {
        this.completeDescriptors(waiting, this.descriptorReference());
        return;
      }
      const desc = this.beginDescriptor(code, waiting);
      this.builder?.beginDesc(desc);
      if (this.peekByte('a class annotation') !== TypeCode.ENDBLOCKDATA) {
        this.push(Frame.DESC, desc.index, 0, 0);
        this.push(Frame.ANNOTATION, 0, 0, 0);
        this.builder?.beginDescAnnotation(desc);
        return;
      }
      this.offset++;
      waiting = desc;
    }
  }

  /** The chain that ends with `last` is complete: hands its first descriptor to the frame that waits for it. */
  private completeDescriptors(last: ScannedDesc | null, superDesc: ScannedDesc | null): void {
    let first = superDesc;
    for (let desc = last; desc !== null; desc = desc.subDesc) {
      desc.complete = true;
      desc.superDesc = first;
      desc.hierarchy = first === null ? 1 : first.hierarchy + 1;
      if (desc.hierarchy > this.limits.maxHierarchy) {
        this.exceeds('maxHierarchy');
      }
      this.table.finish(desc.handle, this.offset);
      this.builder?.endDesc(desc);
      first = desc;
    }
    const code = this.frames.first;
    const event = this.frames.second;
    this.frames.pop();
    if (code === TypeCode.CLASSDESC || code === TypeCode.PROXYCLASSDESC) {
      this.builder?.descValue(first as ScannedDesc);
    } else {
      this.instance(code, event, first);
    }
  }

  private descriptorReference(): ScannedDesc {
    const start = this.offset;
    const handle = this.handle();
    const desc = this.table.kind(handle) === HandleKind.DESC ? this.table.desc(handle) : null;
    if (desc?.complete !== true) {
      this.fail('the handle of a complete class descriptor', wireHandle(handle), start + 1);
    }
    return desc;
  }

  private beginDescriptor(code: number, subDesc: ScannedDesc | null): ScannedDesc {
    if (code !== TypeCode.CLASSDESC && code !== TypeCode.PROXYCLASSDESC) {
      this.unexpected('a class descriptor');
    }
    this.countStep();
    const { table } = this;
    const desc = new ScannedDesc(
      table.descriptors.length,
      this.bytes,
      code === TypeCode.PROXYCLASSDESC,
      subDesc,
    );
    table.descriptors.push(desc);
    if (table.descriptors.length > this.limits.maxDescriptors) {
      this.exceeds('maxDescriptors');
    }
    if (desc.descent > this.limits.maxHierarchy) {
      this.exceeds('maxHierarchy');
    }
    desc.handle = this.define(HandleKind.DESC, table.announce(this.offset++), desc);
    if (desc.proxy) {
      this.interfaces(desc);
    } else {
      this.classBody(desc);
    }
    return desc;
  }

  private interfaces(desc: ScannedDesc): void {
    desc.bodyStart = this.offset;
    const count = this.int(this.claim(4, 'the number of interfaces'));
    if (count < 0) {
      this.fail('a number of interfaces', String(count), desc.bodyStart);
    }
    this.checkLeft(count * 2, 'the names of interfaces');
    for (let i = 0; i < count; i++) {
      this.utf('the name of an interface');
    }
  }

  private classBody(desc: ScannedDesc): void {
    desc.nameStart = this.offset + 2;
    this.utf('the name of a class');
    desc.nameEnd = this.offset;
    const start = this.claim(11, 'serialVersionUID, flags and number of fields');
    desc.bodyStart = start + 9;
    desc.flags = this.bytes[start + 8] as number;
    // ObjectStreamClass.readNonProxy: "serializable and externalizable flags conflict".
    const conflict = ClassFlags.SERIALIZABLE | ClassFlags.EXTERNALIZABLE;
    if ((desc.flags & conflict) === conflict) {
      this.fail('class flags without conflict', desc.flags.toString(16).padStart(2, '0'), start + 8);
    }
    const count = this.short(start + 9);
    if (count > 0) {
      this.checkLeft(count * 3, 'fields');
      desc.runs = this.fields(count);
    }
  }

  private fields(count: number): number[] {
    const runs = [0, 0];
    let primitive = 0;
    let values = 0;
    for (let i = 0; i < count; i++) {
      const size = fieldSize(this.peekByte('the type of a field'));
      if (size < 0) {
        this.unexpected('the type of a field');
      }
      this.offset++;
      this.utf('the name of a field');
      if (size === 0) {
        this.typeString();
        values++;
        continue;
      }
      if (values > 0) {
        runs[runs.length - 2] = primitive;
        runs[runs.length - 1] = values;
        runs.push(0, 0);
        primitive = 0;
        values = 0;
      }
      primitive += size;
    }
    runs[runs.length - 2] = primitive;
    runs[runs.length - 1] = values;
    return runs;
  }

  /** `ObjectInputStream.readTypeString`. */
  private typeString(): void {
    const start = this.offset;
    const code = this.peekByte('a type string');
    if (code === TypeCode.STRING || code === TypeCode.LONGSTRING) {
      this.hiddenString(code);
    } else if (code === TypeCode.REFERENCE) {
      const handle = this.handle();
      if (this.table.kind(handle) !== HandleKind.STRING) {
        this.fail('the handle of a string', wireHandle(handle), start + 1);
      }
    } else {
      this.unexpected('a type string');
    }
  }

  // ---- bytes and limits ----

  private utf(what: string): void {
    const length = this.short(this.claim(2, what));
    if (length > this.limits.maxStringBytes) {
      this.exceeds('maxStringBytes');
    }
    this.claim(length, what);
  }

  private define(kind: HandleKind, event: number, desc: ScannedDesc | null): number {
    const handle = this.table.define(kind, event, desc);
    if (handle >= this.limits.maxHandles) {
      this.exceeds('maxHandles');
    }
    return handle;
  }

  private short(at: number): number {
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  private int(at: number): number {
    return (this.short(at) << 16) | this.short(at + 2);
  }

  private peekByte(expected: string): number {
    if (this.offset >= this.end) {
      this.truncated(expected);
    }
    return this.bytes[this.offset] as number;
  }

  /** Passes over `count` bytes; returns where they begin. */
  private claim(count: number, expected: string): number {
    const start = this.offset;
    this.checkLeft(count, expected);
    this.offset = start + count;
    return start;
  }

  private checkLeft(count: number, expected: string): void {
    if (count > this.end - this.offset) {
      this.truncated(expected);
    }
  }

  /** Raises the error of `limit`, for whoever collects what the grammar takes as well. */
  exceeds(limit: keyof JavaLimits): never {
    throw this.speculating ? DEAD_END : this.limitError(limit);
  }

  private limitError(limit: keyof JavaLimits): TribesError {
    const where = `offset ${this.offset}`;
    return new TribesError('TRIBES_E_JAVA_LIMIT', { limit, max: this.limits[limit], where });
  }

  private truncated(expected: string): never {
    if (this.speculating) {
      throw DEAD_END;
    }
    throw new TribesError('TRIBES_E_JAVA_TRUNCATED', { expected, where: `offset ${this.offset}` });
  }

  /** The byte that stands next is not what it should be. */
  private unexpected(expected: string): never {
    const found = (this.bytes[this.offset] as number).toString(16).padStart(2, '0');
    this.fail(expected, found, this.offset);
  }

  private fail(expected: string, found: string, offset: number): never {
    if (this.speculating) {
      throw DEAD_END;
    }
    throw new TribesError('TRIBES_E_JAVA_UNEXPECTED', { expected, found, where: `offset ${offset}` });
  }

  private countStep(): void {
    if (++this.steps > this.maxSteps) {
      throw OUT_OF_STEPS;
    }
  }

  // ---- looking ahead ----

  private get lookAhead(): LookAhead {
    this.cachedLookAhead ??= new LookAhead(this);
    return this.cachedLookAhead;
  }

  get stepsTaken(): number {
    return this.steps;
  }

  get depth(): number {
    return this.frames.depth;
  }

  /** What stands next can begin a content or end an annotation. */
  private get annotationMayFollow(): boolean {
    const code = this.peekByte('fields or an annotation');
    return code >= TypeCode.NULL && code <= TypeCode.ENUM && code !== TypeCode.RESET;
  }

  /** The class whose fields or annotation stand next. */
  get classAtHand(): string {
    const desc = this.table.desc(this.frames.first) as ScannedDesc;
    const place = desc.steps[this.frames.second - 1] as number;
    return desc.classes[place]?.className ?? desc.className;
  }

  /** Everything that a way ahead can change. */
  mark(): Mark {
    const { offset, table, contentStart, exceptionStart, cells } = this;
    return {
      offset,
      table,
      sizes: table.sizes,
      frames: this.frames.save(),
      contentStart,
      exceptionStart,
      cells,
    };
  }

  rewind(mark: Mark): void {
    this.offset = mark.offset;
    this.table = mark.table;
    this.table.truncate(mark.sizes);
    this.contentStart = mark.contentStart;
    this.exceptionStart = mark.exceptionStart;
    this.cells = mark.cells;
    this.frames.restore(mark.frames);
    for (let level = 0; level < this.frames.depth; level++) {
      if (this.frames.kindAt(level) === Frame.DESC) {
        this.table.descriptors[this.frames.firstAt(level)]?.reopen();
      }
    }
  }

  /** From now on grammar errors are dead ends, nobody is told anything, and `maxSteps` more steps may be taken. */
  speculate(maxSteps: number): void {
    this.speculating = true;
    this.builder = null;
    this.maxSteps = this.steps + maxSteps;
  }

  /** Ends what `speculate` began; `steps` is what `stepsTaken` was then. */
  decide(steps: number): void {
    this.speculating = false;
    this.builder = this.client;
    this.steps = steps;
    this.maxSteps = Infinity;
  }

  /** At a class that may have skipped its fields: goes on with the annotation. */
  skipFields(): void {
    const steps = (this.table.desc(this.frames.first) as ScannedDesc).steps;
    this.frames.second = steps[this.frames.second - STEP_SIZE + 1] as number;
  }
}

/** Bytes of a primitive field, 0 for a value, -1 for what is no type. */
function fieldSize(type: number): number {
  switch (String.fromCharCode(type)) {
    case 'L':
    case '[':
      return 0;
    case 'B':
    case 'Z':
      return 1;
    case 'C':
    case 'S':
      return 2;
    case 'F':
    case 'I':
      return 4;
    case 'D':
    case 'J':
      return 8;
    default:
      return -1;
  }
}
