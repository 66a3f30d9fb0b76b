import { BASE_HANDLE, TypeCode } from './constants.js';
import { Frame, FrameStack } from './frame-stack.js';
import type { GraphBuilder } from './graph-builder.js';
import { HandleKind, HandleTable, wireHandle } from './handle-table.js';
import { ClassFlags } from './model.js';
import { ScannedDesc } from './scanned-desc.js';
import { StreamBytes } from './stream-bytes.js';

/** The grammar of class descriptors, and of what they are made of: strings and handles. */
export abstract class DescriptorGrammar extends StreamBytes {
  table = new HandleTable();
  /** Deepest nesting so far. */
  maxDepth = 0;
  /** Who is told of everything; null for a scan, and while looking ahead. */
  protected builder: GraphBuilder | null = null;
  protected readonly frames = new FrameStack();

  /** The class descriptor behind type code `code` was read; `event` is that of the type code. */
  protected abstract instance(code: number, event: number, desc: ScannedDesc | null): void;

  /** A string that is part of something else; the builder finds it when it is told of the whole. */
  protected hiddenString(code: number): number {
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
  protected handle(): number {
    const start = this.claim(5, 'a reference');
    const handle = this.int(start + 1) - BASE_HANDLE;
    if (handle < 0 || handle >= this.table.count) {
      this.fail('a handle that is defined', wireHandle(handle), start + 1);
    }
    this.table.refer(start, handle);
    return handle;
  }

  /**
   * Reads a class descriptor and its superclasses; `subDesc` is the one whose superclass stands here. An annotation
   * that is not empty interrupts: its frame is opened, and the superclass read when it ends.
   */
  protected descriptor(subDesc: ScannedDesc | null): void {
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

  protected descriptorReference(): ScannedDesc {
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
      const size = FIELD_SIZES[this.peekByte('the type of a field')] as number;
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

  protected define(kind: HandleKind, event: number, desc: ScannedDesc | null): number {
    const handle = this.table.define(kind, event, desc);
    if (handle >= this.limits.maxHandles) {
      this.exceeds('maxHandles');
    }
    return handle;
  }

  protected push(kind: number, first: number, second: number, third: number): void {
    this.frames.push(kind, first, second, third);
    const depth = this.frames.depth - 1;
    if (depth > this.maxDepth) {
      if (depth > this.limits.maxDepth) {
        this.exceeds('maxDepth');
      }
      this.maxDepth = depth;
    }
  }
}

/** By type code: bytes of a primitive field, 0 for a value, -1 for what is no type. */
const FIELD_SIZES = new Int8Array(256).fill(-1);
for (const [type, size] of Object.entries({ B: 1, C: 2, D: 8, F: 4, I: 4, J: 8, L: 0, S: 2, Z: 1, '[': 0 })) {
  FIELD_SIZES[type.charCodeAt(0)] = size;
}
