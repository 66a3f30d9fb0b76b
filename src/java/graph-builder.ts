import { classForm, type FieldForm } from './class-form.js';
import { ClassDescNode } from './class-desc-node.js';
import { BASE_HANDLE, MAX_UTF_BYTES, TypeCode } from './constants.js';
import {
  ClassFlags,
  type JavaClassData,
  type JavaClassDesc,
  type JavaContent,
  type JavaDesc,
  type JavaField,
  type JavaFieldValue,
  type JavaString,
  type JavaText,
  type JavaValue,
  type PrimitiveType,
} from './model.js';
import { decodeAscii, decodeText } from './modified-utf8.js';
import { readPrimitive, primitiveSize } from './primitives.js';
import { StringNode } from './string-node.js';
import type { ScannedDesc } from './scanned-desc.js';

const { LONGSTRING, REFERENCE } = TypeCode;
const { WRITE_METHOD } = ClassFlags;

/** A class's part of an object while it is being read. */
interface OpenPart {
  readonly desc: JavaDesc;
  values: JavaFieldValue[] | null;
  annotation: JavaContent[] | null;
}

/** Where values go: the fields of a class, an annotation, an array, or the top level. */
type Sink = (JavaFieldValue | JavaContent)[];

type Node = Exclude<JavaValue, null>;

const NO_PARTS: readonly OpenPart[] = [];

/**
 * Makes the object graph of what the grammar tells it, in stream order. Byte arrays, block data and texts that are kept
 * as bytes are views of the stream.
 */
export class GraphBuilder {
  /** The contents of the top level so far; the last may be incomplete. */
  readonly contents: JavaContent[] = [];
  private readonly bytes: Buffer;
  private readonly numbers: DataView;
  /** How many contents are complete. */
  private completed = 0;
  /** Nodes of the epoch, by handle. */
  private nodes: Node[] = [];
  /** Parts that hold nothing, by the index of their class: one serves all instances. */
  private emptyParts: JavaClassData[] = [];
  private sink: Sink = this.contents;
  private parts: readonly OpenPart[] = NO_PARTS;
  private readonly outerSinks: Sink[] = [];
  private readonly outerParts: (readonly OpenPart[])[] = [];

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The last content is complete. */
  complete(): void {
    this.completed = this.contents.length;
  }

  /** Handles begin anew. */
  reset(): void {
    this.nodes = [];
    this.emptyParts = [];
  }

  /** Gives up what was begun: an exception follows. */
  abort(): void {
    this.contents.length = this.completed;
    this.sink = this.contents;
    this.parts = NO_PARTS;
    this.outerSinks.length = 0;
    this.outerParts.length = 0;
  }

  nullValue(): void {
    this.sink.push(null);
  }

  reference(handle: number): void {
    this.sink.push(this.node(handle));
  }

  /** The string whose type code stands at `start`. */
  string(handle: number, start: number, end: number): void {
    this.sink.push(this.addString(handle, start, end));
  }

  /** The enum constant whose name stands at `start`; the name has the handle behind the constant's. */
  enumConstant(handle: number, desc: ScannedDesc, start: number, end: number): void {
    const constant = this.addString(handle + 1, start, end);
    this.add(handle, { kind: 'enum', desc: this.descNode(desc), constant });
  }

  classObject(handle: number, desc: ScannedDesc | null): void {
    this.add(handle, { kind: 'class', desc: desc === null ? null : this.descNode(desc) });
  }

  primitiveArray(handle: number, desc: ScannedDesc, start: number, end: number): void {
    const type = String.fromCharCode(this.bytes[desc.nameStart + 1] as number) as PrimitiveType;
    const bytes = this.bytes.subarray(start, end);
    this.add(handle, { kind: 'primitiveArray', desc: this.descNode(desc), type, bytes });
  }

  blockData(start: number, end: number, long: boolean): void {
    const bytes = this.bytes.subarray(start, end);
    this.sink.push(
      long && bytes.length <= 0xff ? { kind: 'blockData', bytes, long } : { kind: 'blockData', bytes },
    );
  }

  /** A descriptor was read up to its annotation, which stands at `end`. */
  beginDesc(desc: ScannedDesc, end: number): void {
    this.nodes[desc.handle] = desc.proxy ? this.proxyDesc(desc) : this.classDesc(desc, end);
  }

  beginDescAnnotation(desc: ScannedDesc): void {
    this.open(this.descNode(desc).annotation, NO_PARTS);
  }

  /** The superclass of `desc` was read. */
  endDesc(desc: ScannedDesc): void {
    this.descNode(desc).superDesc = desc.superDesc === null ? null : this.descNode(desc.superDesc);
  }

  /** The descriptor that was read is itself a value. */
  descValue(desc: ScannedDesc): void {
    this.sink.push(this.descNode(desc));
  }

  beginArray(handle: number, desc: ScannedDesc): void {
    const elements: JavaValue[] = [];
    this.add(handle, { kind: 'array', desc: this.descNode(desc), elements });
    this.open(elements, NO_PARTS);
  }

  beginObject(handle: number, desc: ScannedDesc): void {
    const parts = desc.externalizable
      ? [{ desc: this.descNode(desc), values: null, annotation: [] }]
      : this.openParts(desc);
    this.add(handle, { kind: 'object', desc: this.descNode(desc), parts });
    this.open([], parts);
  }

  /** An object whose data are primitive fields only, which stand at `start`. */
  primitiveObject(handle: number, desc: ScannedDesc, start: number): void {
    const parts: JavaClassData[] = [];
    let at = start;
    for (const { handle: part, index, primitives } of desc.classes) {
      parts.push(
        primitives > 0 ? this.primitivePart(part, at, at + primitives) : this.emptyPart(part, index),
      );
      at += primitives;
    }
    this.add(handle, { kind: 'object', desc: this.descNode(desc), parts });
  }

  /** The next primitive fields of the class at `place` of the hierarchy stand at `start`. */
  primitives(place: number, start: number, end: number): void {
    const { desc, values } = this.parts[place] as OpenPart;
    this.readFields((desc as JavaClassDesc).fields, values as JavaFieldValue[], start, end);
  }

  private primitivePart(handle: number, start: number, end: number): JavaClassData {
    const desc = this.nodes[handle] as JavaClassDesc;
    const { fields } = desc;
    const type = (fields[0] as JavaField).type as PrimitiveType;
    // Most have one field, and an array that begins empty makes room for many.
    const values: JavaFieldValue[] = [readPrimitive(this.bytes, this.numbers, start, type)];
    this.readFields(fields, values, start + primitiveSize(type), end);
    return { desc, values, annotation: null };
  }

  private readFields(
    fields: readonly JavaField[],
    values: JavaFieldValue[],
    start: number,
    end: number,
  ): void {
    for (let at = start; at < end;) {
      const type = (fields[values.length] as JavaField).type as PrimitiveType;
      values.push(readPrimitive(this.bytes, this.numbers, at, type));
      at += primitiveSize(type);
    }
  }

  /** The values that come are fields of the class at `place`. */
  beginValues(place: number): void {
    this.sink = (this.parts[place] as OpenPart).values as Sink;
  }

  /** The class at `place` wrote no fields: what came in their place begins its annotation. */
  noFields(place: number): void {
    const part = this.parts[place] as OpenPart;
    part.annotation = part.values as JavaValue[];
    part.values = null;
  }

  beginAnnotation(place: number): void {
    this.open((this.parts[place] as OpenPart).annotation as JavaContent[], NO_PARTS);
  }

  /** Ends the annotation, array or object that was begun last. */
  end(): void {
    this.sink = this.outerSinks.pop() ?? this.contents;
    this.parts = this.outerParts.pop() ?? NO_PARTS;
  }

  private open(sink: Sink, parts: readonly OpenPart[]): void {
    this.outerSinks.push(this.sink);
    this.outerParts.push(this.parts);
    this.sink = sink;
    this.parts = parts;
  }

  private add(handle: number, node: Node): void {
    this.nodes[handle] = node;
    this.sink.push(node);
  }

  private addString(handle: number, start: number, end: number): JavaString {
    const node = this.stringNode(start, end);
    this.nodes[handle] = node;
    return node;
  }

  private stringNode(start: number, end: number): JavaString {
    const long = this.bytes[start] === LONGSTRING;
    const textStart = start + (long ? 9 : 3);
    const value = decodeAscii(this.bytes, this.numbers, textStart, end);
    if (value !== undefined && !long) {
      return new StringNode(value, this.bytes, start);
    }
    const text = decodeText(this.bytes, textStart, end);
    const isShort = end - textStart <= MAX_UTF_BYTES;
    return long && isShort ? { kind: 'string', ...text, long } : { kind: 'string', ...text };
  }

  private node(handle: number): Node {
    return this.nodes[handle] as Node;
  }

  private descNode(desc: ScannedDesc): JavaDesc {
    return this.nodes[desc.handle] as JavaDesc;
  }

  private openParts(desc: ScannedDesc): OpenPart[] {
    const parts: OpenPart[] = [];
    for (const { handle, index, flags, primitives, values } of desc.classes) {
      const annotated = (flags & WRITE_METHOD) !== 0;
      parts.push(
        annotated || primitives + values > 0
          ? { desc: this.nodes[handle] as JavaDesc, values: [], annotation: annotated ? [] : null }
          : this.emptyPart(handle, index),
      );
    }
    return parts;
  }

  private emptyPart(handle: number, index: number): JavaClassData {
    let part = this.emptyParts[index];
    if (part === undefined) {
      part = { desc: this.nodes[handle] as JavaDesc, values: [], annotation: null };
      this.emptyParts[index] = part;
    }
    return part;
  }

  private proxyDesc(desc: ScannedDesc): JavaDesc {
    const count = this.bytes.readInt32BE(desc.bodyStart);
    const interfaces: JavaText[] = [];
    for (let i = 0, at = desc.bodyStart + 4; i < count; i++) {
      const end = this.endOfUtf(at);
      interfaces.push(decodeText(this.bytes, at + 2, end));
      at = end;
    }
    return { kind: 'proxyDesc', interfaces, annotation: [], superDesc: null };
  }

  private classDesc(desc: ScannedDesc, end: number): JavaDesc {
    const form = classForm(desc, end, this.numbers);
    return new ClassDescNode(form, this.fields(desc, form.fields), this.bytes, desc.nameStart - 3);
  }

  private fields(desc: ScannedDesc, forms: readonly FieldForm[]): JavaField[] {
    const start = desc.nameStart - 3;
    const fields: JavaField[] = [];
    let nextHandle = desc.handle + 1;
    for (const { type, name, field, typeStart, typeEnd, typeText } of forms) {
      if (field !== null) {
        fields.push(field);
      } else if (this.bytes[start + typeStart] === REFERENCE) {
        const handle = this.numbers.getInt32(start + typeStart + 1) - BASE_HANDLE;
        fields.push({ type, name, signature: this.nodes[handle] as JavaString });
      } else {
        const signature: JavaString =
          typeText === undefined
            ? this.stringNode(start + typeStart, start + typeEnd)
            : new StringNode(typeText, this.bytes, start + typeStart);
        this.nodes[nextHandle++] = signature;
        fields.push({ type, name, signature });
      }
    }
    return fields;
  }

  private endOfUtf(at: number): number {
    return at + 2 + this.bytes.readUInt16BE(at);
  }
}
