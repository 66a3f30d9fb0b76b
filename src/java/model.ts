/**
 * The object graph of a Java stream, complete: what `read` makes and `write` takes. Identity is JavaScript identity:
 * the node that is met again is the reference (TC_REFERENCE) in the stream. Nothing here executes or instantiates Java.
 *
 * Source: Java Object Serialization Specification, chapter 6, and docs of the project, `protocol/06`.
 */

/** A whole stream: what stands at its top level, in order. */
export interface JavaStream {
  readonly contents: JavaContent[];
  /** What could not be understood to the end of the stream; written again as it came. */
  readonly opaque?: OpaqueBytes;
}

/** What may stand at the top level of a stream, or in an annotation. */
export type JavaContent = JavaValue | JavaBlockData | JavaReset | JavaException;

/** What a field, an array cell or `readObject` holds. */
export type JavaValue =
  null | JavaString | JavaObject | JavaArray | JavaPrimitiveArray | JavaEnum | JavaClass | JavaDesc;

/** A class descriptor of either sort; also a value in its own right (an ObjectStreamClass that was written). */
export type JavaDesc = JavaClassDesc | JavaProxyDesc;

/** Text that travels as modified UTF-8. */
export interface JavaText {
  /** UTF-16 code units; lone surrogates occur. Where the bytes are not valid, with U+FFFD in their place. */
  readonly value: string;
  /** The bytes as they came, when they are not the canonical modified UTF-8 of `value`. */
  readonly bytes?: Buffer;
}

/** TC_STRING or TC_LONGSTRING. */
export interface JavaString extends JavaText {
  readonly kind: 'string';
  /** Written as TC_LONGSTRING although it is short enough for TC_STRING. */
  readonly long?: true;
}

/** `java.io.ObjectStreamConstants.SC_*`. */
export const ClassFlags = {
  WRITE_METHOD: 0x01,
  SERIALIZABLE: 0x02,
  EXTERNALIZABLE: 0x04,
  BLOCK_DATA: 0x08,
  ENUM: 0x10,
} as const;

export type PrimitiveType = 'B' | 'C' | 'D' | 'F' | 'I' | 'J' | 'S' | 'Z';
export type FieldType = PrimitiveType | 'L' | '[';

export interface JavaField {
  readonly type: FieldType;
  readonly name: JavaText;
  /** JVM type signature, for types `L` and `[`; a string object of the stream, so that its identity counts. */
  readonly signature?: JavaString;
}

/** TC_CLASSDESC. */
export interface JavaClassDesc {
  readonly kind: 'classDesc';
  readonly name: JavaText;
  /** Signed 64 bit. */
  readonly serialVersionUID: bigint;
  /** Union of ClassFlags. */
  readonly flags: number;
  readonly fields: JavaField[];
  readonly annotation: JavaContent[];
  superDesc: JavaDesc | null;
}

/** TC_PROXYCLASSDESC. */
export interface JavaProxyDesc {
  readonly kind: 'proxyDesc';
  readonly interfaces: JavaText[];
  readonly annotation: JavaContent[];
  superDesc: JavaDesc | null;
}

/** TC_OBJECT. */
export interface JavaObject {
  readonly kind: 'object';
  readonly desc: JavaDesc;
  /** One part for each serialisable class, topmost superclass first. */
  readonly parts: JavaClassData[];
}

/** What one class of the hierarchy wrote. */
export interface JavaClassData {
  readonly desc: JavaDesc;
  /** In the order of `desc.fields`; null where the class wrote none (flags 03 without defaultWriteObject, or 0c). */
  readonly values: JavaFieldValue[] | null;
  /** What writeObject or writeExternal wrote; null where the flags provide for none. */
  readonly annotation: JavaContent[] | null;
}

/** TC_ARRAY of objects. */
export interface JavaArray {
  readonly kind: 'array';
  readonly desc: JavaDesc;
  readonly elements: JavaValue[];
}

/** TC_ARRAY of primitives: the cells as they stand in the stream, big-endian. */
export interface JavaPrimitiveArray {
  readonly kind: 'primitiveArray';
  readonly desc: JavaDesc;
  readonly type: PrimitiveType;
  readonly bytes: Buffer;
}

/** TC_ENUM. */
export interface JavaEnum {
  readonly kind: 'enum';
  readonly desc: JavaDesc;
  readonly constant: JavaString;
}

/** TC_CLASS. */
export interface JavaClass {
  readonly kind: 'class';
  /** Null only in streams that no JVM writes. */
  readonly desc: JavaDesc | null;
}

/** TC_BLOCKDATA or TC_BLOCKDATALONG: one record. */
export interface JavaBlockData {
  readonly kind: 'blockData';
  readonly bytes: Buffer;
  /** Written as TC_BLOCKDATALONG although it is short enough for TC_BLOCKDATA. */
  readonly long?: true;
}

/** TC_RESET. */
export interface JavaReset {
  readonly kind: 'reset';
}

/** TC_EXCEPTION: the write of the top-level object around it was given up. */
export interface JavaException {
  readonly kind: 'exception';
  readonly thrown: JavaValue;
  /** What had been written of the object before, as bytes from its type code on; never interpreted. */
  readonly aborted?: Buffer;
}

/** Why bytes cannot be understood without the class that wrote them. */
export type OpaqueReason =
  /** Externalizable of protocol version 1 has no end. */
  | 'externalizable-v1'
  /** Two readings of a class with writeObject succeed. */
  | 'ambiguous'
  /** An object inside an Externalizable broke off without TC_EXCEPTION. */
  | 'torn';

export interface OpaqueBytes {
  readonly reason: OpaqueReason;
  /** Offset in the stream of the first byte. */
  readonly offset: number;
  readonly bytes: Buffer;
  /** The class that cannot be understood. */
  readonly className: string;
}

/**
 * A primitive in a field: boolean for Z, a one-unit string for C, bigint for J, number for the others.
 * Where a number cannot carry the bits (NaN other than the canonical one; a boolean byte other than 0 and 1): RawPrimitive.
 */
export type JavaPrimitive = boolean | number | bigint | string | RawPrimitive;

export interface RawPrimitive {
  readonly kind: 'raw';
  readonly type: PrimitiveType;
  readonly bytes: Buffer;
}

export type JavaFieldValue = JavaPrimitive | JavaValue;
