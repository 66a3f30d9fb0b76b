import { TypeCode } from './constants.js';
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
  | { readonly kind: 'object'; readonly parts: readonly JavaClassData[]; part: number; field: number };

/**
 * The bytes of a stream: header, contents, and what was opaque. `writeStream(readStream(bytes))` equals `bytes`.
 *
 * Error: TRIBES_E_JAVA_UNWRITABLE for a graph that no stream can carry.
 */
export function writeStream(stream: JavaStream): Buffer {
  const writer = new GraphWriter();
  for (const content of stream.contents) {
    writer.content(content);
  }
  if (stream.opaque !== undefined) {
    writer.out.bytes(stream.opaque.bytes);
  }
  return writer.out.toBuffer();
}

class GraphWriter extends TokenWriter {
  private readonly tasks: Task[] = [];

  /** Writes one content of the top level. */
  content(content: JavaContent): void {
    if (isValue(content)) {
      this.value(content);
      this.finish();
    } else if (content.kind === 'blockData') {
      this.blockData(content);
    } else if (content.kind === 'reset') {
      this.out.u8(TypeCode.RESET);
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
    this.out.u8(TypeCode.EXCEPTION);
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
          this.parts(task);
          break;
      }
    }
  }

  private elements(task: Task & { kind: 'elements' }): void {
    const { values } = task;
    const depth = this.tasks.length;
    while (task.next < values.length) {
      this.value(values[task.next++] as JavaValue);
      if (this.tasks.length > depth) {
        return;
      }
    }
    this.tasks.pop();
  }

  private annotation(task: Task & { kind: 'annotation' }): void {
    const { contents } = task;
    const depth = this.tasks.length;
    while (task.next < contents.length) {
      const content = contents[task.next++] as JavaContent;
      if (isValue(content)) {
        this.value(content);
        if (this.tasks.length > depth) {
          return;
        }
      } else if (content.kind === 'blockData') {
        this.blockData(content);
      } else {
        throw unwritable(`${content.kind} within an object`);
      }
    }
    this.out.u8(TypeCode.ENDBLOCKDATA);
    this.tasks.pop();
  }

  private parts(task: Task & { kind: 'object' }): void {
    const depth = this.tasks.length;
    for (; task.part < task.parts.length; task.part++, task.field = 0) {
      const { desc, values, annotation } = task.parts[task.part] as JavaClassData;
      if (values !== null && desc.kind === 'classDesc') {
        const { fields } = desc;
        while (task.field < fields.length) {
          const field = fields[task.field];
          const value = values[task.field++];
          if (field === undefined || value === undefined) {
            throw unwritable(`a field of ${desc.name.value} has no value`);
          }
          if (field.type !== 'L' && field.type !== '[') {
            writePrimitive(this.out, field.type, value, field.name.value);
          } else {
            if (typeof value !== 'object' || value?.kind === 'raw') {
              throw unwritable(`field ${field.name.value} of ${desc.name.value} holds a primitive`);
            }
            this.value(value);
            if (this.tasks.length > depth) {
              return;
            }
          }
        }
      }
      if (annotation !== null) {
        task.part++;
        task.field = 0;
        this.tasks.push({ kind: 'annotation', contents: annotation, next: 0 });
        return;
      }
    }
    this.tasks.pop();
  }

  /** Writes `value`, or begins it and leaves the rest to tasks. */
  private value(value: JavaValue): void {
    if (value === null) {
      this.out.u8(TypeCode.NULL);
      return;
    }
    const handle = this.handles.get(value);
    if (handle !== undefined) {
      this.reference(handle);
    } else if (value.kind === 'string') {
      this.string(value);
    } else if (value.kind === 'classDesc' || value.kind === 'proxyDesc') {
      this.desc(value);
    } else {
      this.classed(value);
    }
  }

  private classed(value: Classed): void {
    this.out.u8(typeCode(value));
    const depth = this.tasks.push({ kind: 'body', value });
    this.desc(value.desc);
    if (this.tasks.length === depth) {
      this.tasks.pop();
      this.body(value);
    }
  }

  private body(value: Classed): void {
    if (value.kind !== 'class' && (value.desc as JavaDesc | null) === null) {
      throw unwritable(`${value.kind} without class`);
    }
    this.assign(value);
    switch (value.kind) {
      case 'object':
        checkParts(value);
        this.tasks.push({ kind: 'object', parts: value.parts, part: 0, field: 0 });
        break;
      case 'array':
        this.out.i32(value.elements.length);
        this.tasks.push({ kind: 'elements', values: value.elements, next: 0 });
        break;
      case 'primitiveArray': {
        const length = value.bytes.length / primitiveSize(value.type);
        if (!Number.isInteger(length)) {
          throw unwritable(`${value.bytes.length} bytes are no whole number of cells of type ${value.type}`);
        }
        this.out.i32(length);
        this.out.bytes(value.bytes);
        break;
      }
      case 'enum':
        // ObjectOutputStream.writeEnum: never a reference, even to a name that was written before.
        this.string(value.constant);
        break;
      case 'class':
        break;
    }
  }

  /** Writes `desc` and its superclasses up to an annotation that is not empty, which it leaves to tasks. */
  private desc(desc: JavaDesc | null): void {
    for (let next = desc; ; next = next.superDesc) {
      if (next === null) {
        this.out.u8(TypeCode.NULL);
        return;
      }
      const handle = this.handles.get(next);
      if (handle !== undefined) {
        this.reference(handle);
        return;
      }
      this.descBody(next);
      if (next.annotation.length > 0) {
        this.tasks.push({ kind: 'super', desc: next });
        this.tasks.push({ kind: 'annotation', contents: next.annotation, next: 0 });
        return;
      }
      this.out.u8(TypeCode.ENDBLOCKDATA);
    }
  }
}

function typeCode(value: Classed): number {
  switch (value.kind) {
    case 'object':
      return TypeCode.OBJECT;
    case 'array':
    case 'primitiveArray':
      return TypeCode.ARRAY;
    case 'enum':
      return TypeCode.ENUM;
    case 'class':
      return TypeCode.CLASS;
  }
}

/** An object has a part for each class that its descriptor names, holding what the flags of the class provide for. */
function checkParts({ desc, parts }: JavaObject): void {
  if (isExternalizable(desc)) {
    const [part] = parts;
    const fits =
      parts.length === 1 && part?.desc === desc && part.values === null && part.annotation !== null;
    if (!fits || (desc.flags & ClassFlags.BLOCK_DATA) === 0) {
      throw unwritable(`${desc.name.value} is Externalizable: one part, an annotation, protocol version 2`);
    }
    return;
  }
  let place = parts.length - 1;
  for (let next: JavaDesc | null = desc; next !== null; next = next.superDesc, place--) {
    const part = parts[place];
    const annotated = next.kind === 'classDesc' && (next.flags & ClassFlags.WRITE_METHOD) !== 0;
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
  return desc.kind === 'classDesc' && (desc.flags & ClassFlags.EXTERNALIZABLE) !== 0;
}
