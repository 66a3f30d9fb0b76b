/**
 * Reads what `java.io.ObjectOutput` wrote, in order: primitives, across the borders of block-data records, and objects.
 * `V` is what an object is to the reader: a node of the graph (`JavaValue`), or an extent of the stream (`ScannedValue`).
 * So one decoder of a layout serves both the lossless way and the fast way.
 *
 * Every method throws TRIBES_E_JAVA_UNEXPECTED when something else stands there, TRIBES_E_JAVA_TRUNCATED at the end.
 */
export interface ObjectInput<V> {
  readBoolean(): boolean;
  readByte(): number;
  readInt(): number;
  readLong(): bigint;
  readUTF(): string;
  readBytes(length: number): Buffer;
  /** The next object; an error if primitives stand there. */
  readObject(): V;
  /** The next object, which has to be null or of class java.lang.String, Integer, Long or Boolean. */
  readStringObject(): string | null;
  readIntegerObject(): number;
  readLongObject(): bigint;
  readBooleanObject(): boolean;
  /** What stands next, without moving. */
  peek(): 'primitive' | 'object' | 'exception' | 'reset' | 'end';
  /** Class name of the next object, without moving; null for a null reference. Error when no object stands there. */
  peekClassName(): string | null;
  /** Moves past an exception, which stands in place of an object whose write was given up; error if none stands there. */
  skipException(): void;
}

/** The inverse of `ObjectInput`. Primitives are gathered into block-data records of at most 1024 bytes, as a JVM does. */
export interface ObjectOutput<V> {
  writeBoolean(value: boolean): void;
  writeByte(value: number): void;
  writeInt(value: number): void;
  writeLong(value: bigint): void;
  writeUTF(value: string): void;
  writeBytes(value: Uint8Array): void;
  writeObject(value: V): void;
  writeStringObject(value: string | null): void;
  writeIntegerObject(value: number): void;
  writeLongObject(value: bigint): void;
  writeBooleanObject(value: boolean): void;
}
