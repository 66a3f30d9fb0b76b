import { BASE_HANDLE, TypeCode } from './constants.js';
import { FIELD_SIZES } from './field-sizes.js';
import { Frame, FrameStack } from './frame-stack.js';
import type { GraphBuilder } from './graph-builder.js';
import { HandleKind, HandleTable, wireHandle } from './handle-table.js';
import { ClassFlags } from './model.js';
import { ScannedDesc } from './scanned-desc.js';
import { StreamBytes } from './stream-bytes.js';

// What is imported is looked up each time that it is used; what stands here becomes part of the compiled code.
const { CLASSDESC, ENDBLOCKDATA, LONGSTRING, NULL, PROXYCLASSDESC, REFERENCE, STRING } = TypeCode;
const Kind = HandleKind;
const FIRST_HANDLE = BASE_HANDLE;
const SIZES = FIELD_SIZES;
const CONFLICTING_FLAGS = ClassFlags.SERIALIZABLE | ClassFlags.EXTERNALIZABLE;

/** Of a grammar that has no stream. */
export const NO_HANDLES = HandleTable.ofStream(0);

/** The grammar of class descriptors, and of what they are made of: strings and handles. */
export abstract class DescriptorGrammar extends StreamBytes {
  table = NO_HANDLES;
  /** Deepest nesting so far. */
  maxDepth = 0;
  /** Who is told of everything; null for a scan, and while looking ahead. */
  protected builder: GraphBuilder | null = null;
  protected readonly frames = new FrameStack();

  /**
   * The class descriptor behind type code `code` was read; `event` is that of the type code. True when a frame was
   * opened for what follows.
   */
  protected abstract instance(code: number, event: number, desc: ScannedDesc | null): boolean;

  /** A string of either sort; returns its handle. */
  protected string(code: number): number {
    const start = this.offset;
    const { limits } = this;
    let length: number;
    if (code === LONGSTRING) {
      this.claim(9, 'the length of a string');
      length = this.bytes.readUInt32BE(start + 1) * 2 ** 32 + this.bytes.readUInt32BE(start + 5);
    } else {
      this.claim(3, 'the length of a string');
      length = this.short(start + 1);
    }
    if (length > limits.maxStringBytes) {
      this.exceeds('maxStringBytes');
    }
    this.claim(length, 'a string');
    const handle = this.table.defineString(start, this.offset);
    if (handle >= limits.maxHandles) {
      this.exceeds('maxHandles');
    }
    return handle;
  }

  /** TC_REFERENCE; the handle is one that is defined. */
  protected handle(): number {
    const start = this.claim(5, 'a reference');
    const handle = this.int(start + 1) - FIRST_HANDLE;
    if (handle < 0 || handle >= this.table.count) {
      this.fail('a handle that is defined', wireHandle(handle), start + 1);
    }
    this.table.refer(start, handle);
    return handle;
  }

  /**
   * Reads a class descriptor and its superclasses for what began with type code `code`; `subDesc` is the one whose
   * superclass stands here, with `descent` classes from it down. An annotation that is not empty interrupts: frames are
   * opened for it and for what waits. True when frames were opened.
   */
  protected descriptor(code: number, event: number, subDesc: ScannedDesc | null, descent: number): boolean {
    let waiting = subDesc;
    for (let classes = descent + 1; ; classes++) {
      const next = this.peekByte('a class descriptor');
      if (next === NULL) {
        this.offset++;
        return this.completeDescriptors(code, event, waiting, null);
      }
      if (next === REFERENCE) {
        return this.completeDescriptors(code, event, waiting, this.descriptorReference());
      }
      const desc = this.beginDescriptor(next, waiting, classes);
      this.builder?.beginDesc(desc, this.offset);
      if (this.peekByte('a class annotation') !== ENDBLOCKDATA) {
        this.push(Frame.CLASS_WANTED, code, event, 0);
        this.push(Frame.DESC, desc.index, classes, 0);
        this.push(Frame.ANNOTATION, 0, 0, 0);
        this.builder?.beginDescAnnotation(desc);
        return true;
      }
      this.offset++;
      waiting = desc;
    }
  }

  /** The annotation of a descriptor ended: goes on with its superclass. */
  protected resumeDescriptor(): boolean {
    const { frames } = this;
    const desc = this.table.descriptors[frames.first] as ScannedDesc;
    const classes = frames.second;
    frames.pop();
    const { first: code, second: event } = frames;
    frames.pop();
    return this.descriptor(code, event, desc, classes);
  }

  /** The chain that ends with `last` is complete: hands its first descriptor to what waits for it. */
  private completeDescriptors(
    code: number,
    event: number,
    last: ScannedDesc | null,
    superDesc: ScannedDesc | null,
  ): boolean {
    let first = superDesc;
    for (let desc = last; desc !== null; desc = desc.subDesc) {
      desc.finish(first);
      if (desc.hierarchy > this.limits.maxHierarchy) {
        this.exceeds('maxHierarchy');
      }
      this.table.finish(desc.handle, this.offset);
      this.builder?.endDesc(desc);
      first = desc;
    }
    if (code === CLASSDESC || code === PROXYCLASSDESC) {
      this.builder?.descValue(first as ScannedDesc);
      return false;
    }
    return this.instance(code, event, first);
  }

  protected descriptorReference(): ScannedDesc {
    const start = this.offset;
    const handle = this.handle();
    const desc = this.table.kind(handle) === Kind.DESC ? this.table.desc(handle) : null;
    if (desc?.complete !== true) {
      this.fail('the handle of a complete class descriptor', wireHandle(handle), start + 1);
    }
    return desc;
  }

  /** Reads a descriptor up to its annotation; `classes` stand from it down. */
  private beginDescriptor(code: number, subDesc: ScannedDesc | null, classes: number): ScannedDesc {
    if (code !== CLASSDESC && code !== PROXYCLASSDESC) {
      this.unexpected('a class descriptor');
    }
    this.countStep();
    const { table, limits } = this;
    const index = table.descriptors.length;
    if (index >= limits.maxDescriptors) {
      this.exceeds('maxDescriptors');
    }
    if (classes > limits.maxHierarchy) {
      this.exceeds('maxHierarchy');
    }
    const handle = this.define(Kind.DESC, table.announce(this.offset++), index);
    const desc = new ScannedDesc(this.bytes, index, handle, code === PROXYCLASSDESC, subDesc);
    table.descriptors.push(desc);
    if (desc.proxy) {
      this.interfaces(desc);
    } else {
      this.classBody(desc);
    }
    return desc;
  }

  private interfaces(desc: ScannedDesc): void {
    const start = this.claim(4, 'the number of interfaces');
    const count = this.int(start);
    if (count < 0) {
      this.fail('a number of interfaces', String(count), start);
    }
    this.checkLeft(count * 2, 'the names of interfaces');
    desc.bodyStart = start;
    for (let i = 0; i < count; i++) {
      this.utf('the name of an interface');
    }
  }

  private classBody(desc: ScannedDesc): void {
    desc.nameStart = this.offset + 2;
    this.utf('the name of a class');
    const nameEnd = this.claim(11, 'serialVersionUID, flags and number of fields');
    const flags = this.bytes[nameEnd + 8] as number;
    // ObjectStreamClass.readNonProxy: "serializable and externalizable flags conflict".
    if ((flags & CONFLICTING_FLAGS) === CONFLICTING_FLAGS) {
      this.fail('class flags without conflict', flags.toString(16).padStart(2, '0'), nameEnd + 8);
    }
    desc.flags = flags;
    desc.bodyStart = nameEnd + 9;
    const count = this.short(nameEnd + 9);
    if (count > 0) {
      this.checkLeft(count * 3, 'fields');
      this.fields(desc, count);
    }
  }

  private fields(desc: ScannedDesc, count: number): void {
    let primitives = 0;
    let values = 0;
    let runs: number[] | null = null;
    for (let i = 0; i < count; i++) {
      const size = SIZES[this.peekByte('the type of a field')] as number;
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
        runs ??= [];
        runs.push(primitives, values);
        primitives = 0;
        values = 0;
      }
      primitives += size;
    }
    desc.primitives = primitives;
    desc.values = values;
    desc.runs = runs === null ? null : [...runs, primitives, values];
  }

  /** `ObjectInputStream.readTypeString`. */
  private typeString(): void {
    const start = this.offset;
    const code = this.peekByte('a type string');
    if (code === STRING || code === LONGSTRING) {
      this.string(code);
    } else if (code === REFERENCE) {
      const handle = this.handle();
      if (this.table.kind(handle) !== Kind.STRING) {
        this.fail('the handle of a string', wireHandle(handle), start + 1);
      }
    } else {
      this.unexpected('a type string');
    }
  }

  /** Assigns a handle to what was announced as `event`; `index` is that of its descriptor, or -1. */
  protected define(kind: HandleKind, event: number, index: number): number {
    const handle = this.table.define(kind, event, index);
    if (handle >= this.limits.maxHandles) {
      this.exceeds('maxHandles');
    }
    return handle;
  }

  protected push(kind: number, first: number, second: number, third: number): void {
    this.frames.push(kind, first, second, third);
    this.reach(this.frames.depth);
  }

  /** Notes that nesting is `depth` levels deep. */
  protected reach(depth: number): void {
    if (depth > this.maxDepth) {
      if (depth > this.limits.maxDepth) {
        this.exceeds('maxDepth');
      }
      this.maxDepth = depth;
    }
  }
}
