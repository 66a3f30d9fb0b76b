import { STREAM_HEADER, TypeCode } from './constants.js';
import { isValue } from './contents.js';
import {
  ClassFlags,
  type JavaArray,
  type JavaClass,
  type JavaClassData,
  type JavaClassDesc,
  type JavaContent,
  type JavaDesc,
  type JavaEnum,
  type JavaException,
  type JavaFieldValue,
  type JavaObject,
  type JavaPrimitiveArray,
  type JavaStream,
  type JavaValue,
} from './model.js';
import { primitiveSize, writePrimitive } from './primitives.js';
import { TokenWriter } from './token-writer.js';
import { unwritable } from './unwritable.js';

/** What begins with a class descriptor. */
type Classed = JavaObject | JavaArray | JavaPrimitiveArray | JavaEnum | JavaClass;

/** What is open; the innermost is written on first. */
type Task =
  /** The class descriptor of `value` was written: its handle and its content follow. */
  | { readonly kind: 'body'; readonly value: Classed }
  /** The annotation of `desc` was written: its superclass follows. */
  | { readonly kind: 'super'; readonly desc: JavaDesc }
  | { readonly kind: 'elements'; readonly values: readonly JavaValue[]; next: number }
  | { readonly kind: 'annotation'; readonly contents: readonly JavaContent[]; next: number }
  /** Field `field` of part `part` comes next. */
  | {
      readonly kind: 'object';
      readonly parts: readonly JavaClassData[];
      readonly part: number;
      readonly field: number;
    };

// What is imported is looked up each time that it is used; what stands here becomes part of the compiled code.
const { ARRAY, CLASS, ENDBLOCKDATA, ENUM, EXCEPTION, NULL, OBJECT, RESET } = TypeCode;
const { BLOCK_DATA, EXTERNALIZABLE, WRITE_METHOD } = ClassFlags;

const HEADER = STREAM_HEADER.readInt32BE(0);

/** One that has written a stream, for the next. */
let idle: GraphWriter | undefined;

/**
 * The bytes of a stream: header, contents, and what was opaque. `writeStream(readStream(bytes))` equals `bytes`.
 *
 * Error: TRIBES_E_JAVA_UNWRITABLE for a graph that no stream can carry.
 */
export function writeStream(stream: JavaStream): Buffer {
  const writer = idle ?? new GraphWriter();
  idle = undefined;
  const bytes = writer.stream(stream);
  idle = writer;
  return bytes;
}

class GraphWriter extends TokenWriter {
  private readonly tasks: Task[] = [];

  /** Writes a whole stream, and keeps nothing of it. */
  stream({ contents, opaque }: JavaStream): Buffer {
    this.out.i32(HEADER);
    for (const content of contents) {
      this.content(content);
    }
    if (opaque !== undefined) {
      this.out.bytes(opaque.bytes);
    }
    this.reset();
    return this.out.take();
  }

  /** Writes one content of the top level. */
  private content(content: JavaContent): void {
    if (isValue(content)) {
      this.value(content);
      this.finish();
    } else if (content.kind === 'blockData') {
      this.blockData(content);
    } else if (content.kind === 'reset') {
      this.out.u8(RESET);
      this.reset();
    } else {
      this.exception(content);
    }
  }

  private exception({ aborted, thrown }: JavaException): void {
    if (thrown?.kind !== 'object') {
      throw unwritable(`what was thrown is ${thrown?.kind ?? 'null'}, not an object`);
    }
    if (aborted !== undefined) {
      this.out.bytes(aborted);
    }
    this.out.u8(EXCEPTION);
    this.reset();
    this.value(thrown);
    this.finish();
    this.reset();
  }

  /** Writes on until nothing is open. */
  private finish(): void {
    for (let task = this.tasks.at(-1); task !== undefined; task = this.tasks.at(-1)) {
      switch (task.kind) {
        case 'body':
          this.tasks.pop();
          this.body(task.value);
          break;
        case 'super':
          this.tasks.pop();
          this.desc(task.desc.superDesc);
          break;
        case 'elements':
          this.elements(task);
          break;
        case 'annotation':
          this.annotation(task);
          break;
        case 'object':
          this.tasks.pop();
          this.object(task.parts, task.part, task.field, true);
          break;
      }
    }
  }

  private elements(task: Task & { kind: 'elements' }): void {
    const { values } = task;
    for (;;) {
      task.next = this.strings(values, task.next);
      if (task.next >= values.length) {
        break;
      }
      if (this.value(values[task.next++] as JavaValue)) {
        return;
      }
    }
    this.tasks.pop();
  }

  private annotation(task: Task & { kind: 'annotation' }): void {
    const { contents } = task;
    for (;;) {
      task.next = this.strings(contents, task.next);
      if (task.next >= contents.length) {
        break;
      }
      const content = contents[task.next++] as JavaContent;
      switch (content?.kind) {
        case 'blockData':
          this.blockData(content);
          break;
        case 'reset':
        case 'exception':
          throw unwritable(`${content.kind} within an object`);
        default:
          if (this.value(content)) {
            return;
          }
      }
    }
    this.out.u8(ENDBLOCKDATA);
    this.tasks.pop();
  }

  /**
   * Writes the data of an object from a field of one of its parts on. True when the rest is left to tasks: all that
   * may hold something itself is, unless `further`, so that what is nested needs no stack.
   */
  private object(
    parts: readonly JavaClassData[],
    firstPart: number,
    firstField: number,
    further: boolean,
  ): boolean {
    let field = firstField;
    for (let part = firstPart; part < parts.length; part++, field = 0) {
      const { desc, values, annotation } = parts[part] as JavaClassData;
      const count = values === null || desc.kind !== 'classDesc' ? 0 : desc.fields.length;
      for (; field < count; field++) {
        const value = this.primitive(desc as JavaClassDesc, values as JavaFieldValue[], field);
        if (value === undefined) {
          continue;
        }
        const mayHold = value !== null && value.kind !== 'string';
        if (mayHold) {
          this.tasks.push({ kind: 'object', parts, part, field: further ? field + 1 : field });
          if (!further) {
            return true;
          }
        }
        if (this.value(value)) {
          return true;
        }
        if (mayHold) {
          this.tasks.pop();
        }
      }
      if (annotation !== null) {
        this.tasks.push({ kind: 'object', parts, part: part + 1, field: 0 });
        this.tasks.push({ kind: 'annotation', contents: annotation, next: 0 });
        return true;
      }
    }
    return false;
  }

  /** Writes the field at `index` if it is primitive; otherwise returns what it holds. */
  private primitive(
    { name, fields }: JavaClassDesc,
    values: readonly JavaFieldValue[],
    index: number,
  ): JavaValue | undefined {
    const field = fields[index];
    const value = values[index];
    if (field === undefined || value === undefined) {
      throw unwritable(`a field of ${name.value} has no value`);
    }
    if (field.type !== 'L' && field.type !== '[') {
      writePrimitive(this.out, field.type, value, field.name.value);
      return undefined;
    }
    if (typeof value !== 'object' || value?.kind === 'raw') {
      throw unwritable(`field ${field.name.value} of ${name.value} holds a primitive`);
    }
    return value;
  }

  /** Writes `value`, or begins it. True when the rest is left to tasks. */
  private value(value: JavaValue): boolean {
    if (value === null) {
      this.out.u8(NULL);
      return false;
    }
    if (value.kind === 'string') {
      this.stringOrReference(value);
      return false;
    }
    return this.container(value);
  }

  private container(value: Classed | JavaDesc): boolean {
    const handle = this.handleOf(value);
    if (handle !== undefined) {
      this.reference(handle);
      return false;
    }
    return value.kind === 'classDesc' || value.kind === 'proxyDesc' ? this.desc(value) : this.classed(value);
  }

  private classed(value: Classed): boolean {
    this.out.u8(typeCode(value));
    const { desc } = value;
    const handle = desc === null ? undefined : this.handleOf(desc);
    if (handle !== undefined) {
      this.reference(handle);
      return this.body(value);
    }
    this.tasks.push({ kind: 'body', value });
    if (this.desc(desc)) {
      return true;
    }
    this.tasks.pop();
    return this.body(value);
  }

  /** What follows the class descriptor of `value`. True when the rest is left to tasks. */
  private body(value: Classed): boolean {
    if (value.kind !== 'class' && (value.desc as JavaDesc | null) === null) {
      throw unwritable(`${value.kind} without class`);
    }
    this.assign(value);
    switch (value.kind) {
      case 'object':
        checkParts(value);
        return this.object(value.parts, 0, 0, false);
      case 'array':
        this.out.i32(value.elements.length);
        this.tasks.push({ kind: 'elements', values: value.elements, next: 0 });
        return true;
      case 'primitiveArray':
        this.cells(value);
        return false;
      case 'enum':
        // ObjectOutputStream.writeEnum: never a reference, even to a name that was written before.
        this.string(value.constant);
        return false;
      case 'class':
        return false;
    }
  }

  private cells({ bytes, type }: JavaPrimitiveArray): void {
    const length = bytes.length / primitiveSize(type);
    if (!Number.isInteger(length)) {
      throw unwritable(`${bytes.length} bytes are no whole number of cells of type ${type}`);
    }
    this.out.i32(length);
    this.out.bytes(bytes);
  }

  /** Writes `desc` and its superclasses. True when one has an annotation, so that the rest is left to tasks. */
  private desc(desc: JavaDesc | null): boolean {
    for (let next = desc; ; next = next.superDesc) {
      if (next === null) {
        this.out.u8(NULL);
        return false;
      }
      const handle = this.handleOf(next);
      if (handle !== undefined) {
        this.reference(handle);
        return false;
      }
      this.descBody(next);
      if (next.annotation.length > 0) {
        this.tasks.push({ kind: 'super', desc: next });
        this.tasks.push({ kind: 'annotation', contents: next.annotation, next: 0 });
        return true;
      }
      this.out.u8(ENDBLOCKDATA);
    }
  }
}

function typeCode(value: Classed): number {
  switch (value.kind) {
    case 'object':
      return OBJECT;
    case 'array':
    case 'primitiveArray':
      return ARRAY;
    case 'enum':
      return ENUM;
    case 'class':
      return CLASS;
  }
}

/** An object has a part for each class that its descriptor names, holding what the flags of the class provide for. */
function checkParts({ desc, parts }: JavaObject): void {
  if (isExternalizable(desc)) {
    const [part] = parts;
    const fits =
      parts.length === 1 && part?.desc === desc && part.values === null && part.annotation !== null;
    if (!fits || (desc.flags & BLOCK_DATA) === 0) {
      throw unwritable(`${desc.name.value} is Externalizable: one part, an annotation, protocol version 2`);
    }
    return;
  }
  let place = parts.length - 1;
  for (let next: JavaDesc | null = desc; next !== null; next = next.superDesc, place--) {
    const part = parts[place];
    const annotated = next.kind === 'classDesc' && (next.flags & WRITE_METHOD) !== 0;
    if (
      part?.desc !== next ||
      annotated !== (part.annotation !== null) ||
      (part.values === null && !annotated)
    ) {
      throw unwritable('the parts of an object do not fit the hierarchy of its class');
    }
  }
  if (place !== -1) {
    throw unwritable('an object has more parts than its class has superclasses');
  }
}

function isExternalizable(desc: JavaDesc): desc is JavaClassDesc {
  return desc.kind === 'classDesc' && (desc.flags & EXTERNALIZABLE) !== 0;
}
