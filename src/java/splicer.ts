import { TribesError, defaultJavaLimits, type JavaLimits } from '../base/index.js';
import { BlockOutput } from './block-output.js';
import { hasOneBox } from './boxes.js';
import { canonicalDesc, type CanonicalDesc } from './canonical-desc.js';
import { MAX_SHORT_BLOCK, MAX_UTF_BYTES, TypeCode } from './constants.js';
import type { JavaClassDesc, PrimitiveType } from './model.js';
import { encodedLength } from './modified-utf8.js';
import type { ObjectOutput } from './object-input.js';
import { writePrimitive } from './primitives.js';
import { areWide } from './quick-input.js';
import { spliceQuickly } from './quick-splicer.js';
import type { ScannedValue } from './scanned-value.js';
import { scanStream } from './scanner.js';
import { StreamSink } from './stream-sink.js';
import { Transcription } from './transcription.js';
import { unwritable } from './unwritable.js';
import { writeStream } from './writer.js';

/** The objects of one stream, to be written at different places of another; what they share stays shared. */
export interface SplicedGroup {
  readonly size: number;
  /** Writes object `index` of the group, from 0. Written again, it is a reference. */
  readonly writeObject: (index: number) => void;
}

/**
 * Puts streams together into one. An object is the bytes of a stream that holds nothing else. Class descriptors of equal
 * bytes are written once, and so are their type strings, as by a JVM; equal strings and objects are never merged.
 */
export interface SpliceOutput extends ObjectOutput<Buffer> {
  /** The objects of a stream that holds nothing else; or `scannedObjects` of it. */
  openGroup(stream: Buffer | readonly ScannedValue[]): SplicedGroup;
  /** An object of an Externalizable class (protocol version 2) that writes what `write` does. */
  writeExternal(desc: JavaClassDesc, write: (output: SpliceOutput) => void): void;
  /** Bytes written so far, header included; those that wait for the end of their record are not counted. */
  readonly byteLength: number;
  /** The whole stream, header included. */
  toBuffer(): Buffer;
}

/**
 * An output that splices. Errors of its methods: those of `scanStream` for the streams given,
 * TRIBES_E_JAVA_OPAQUE, TRIBES_E_JAVA_UNEXPECTED if they hold something else than objects, TRIBES_E_JAVA_LIMIT.
 */
export function spliceOutput(limits: JavaLimits = defaultJavaLimits): SpliceOutput {
  return new Splicer(limits);
}

class Splicer extends BlockOutput<Buffer> implements SpliceOutput {
  private readonly sink = new StreamSink();
  private readonly limits: JavaLimits;
  /** Handles of the boxes that a JVM has once. */
  private readonly boxes = new Map<string, number>();

  constructor(limits: JavaLimits) {
    super();
    this.limits = limits;
  }

  get byteLength(): number {
    return this.sink.out.length;
  }

  openGroup(stream: Buffer | readonly ScannedValue[]): SplicedGroup {
    const values = Buffer.isBuffer(stream) ? scannedObjects(stream, this.limits) : stream;
    const [first] = values;
    const transcription = first && new Transcription(first, this.sink, this.limits, true);
    return {
      size: values.length,
      writeObject: (index) => {
        const value = values[index];
        if (value === undefined) {
          throw new RangeError(`object ${index} of a group of ${values.length}`);
        }
        this.flush();
        transcription?.copy(value);
      },
    };
  }

  writeExternal(desc: JavaClassDesc, write: (output: SpliceOutput) => void): void {
    this.flush();
    this.begin(desc);
    write(this);
    this.flush();
    this.sink.out.u8(TypeCode.ENDBLOCKDATA);
  }

  toBuffer(): Buffer {
    this.flush();
    return Buffer.from(this.sink.out.view());
  }

  protected putObject(stream: Buffer): void {
    if (areWide(this.limits, stream.length) && spliceQuickly(stream, this.sink)) {
      return;
    }
    const values = scannedObjects(stream, this.limits);
    const [value] = values;
    if (value === undefined || values.length > 1) {
      throw unexpected('one object', `${values.length} objects`);
    }
    new Transcription(value, this.sink, this.limits, true).copy(value);
  }

  protected putRecord(bytes: Buffer): void {
    const { out } = this.sink;
    if (bytes.length > MAX_SHORT_BLOCK) {
      out.u8(TypeCode.BLOCKDATALONG);
      out.i32(bytes.length);
    } else {
      out.u8(TypeCode.BLOCKDATA);
      out.u8(bytes.length);
    }
    out.bytes(bytes);
  }

  protected putString(value: string | null): void {
    const { out } = this.sink;
    if (value === null) {
      out.u8(TypeCode.NULL);
      return;
    }
    const length = encodedLength(value);
    this.sink.assign();
    if (length > MAX_UTF_BYTES) {
      out.u8(TypeCode.LONGSTRING);
      out.i64(BigInt(length));
    } else {
      out.u8(TypeCode.STRING);
      out.u16(length);
    }
    out.text(value, length);
  }

  protected putBox(desc: JavaClassDesc, value: number | bigint | boolean): void {
    const key = `${desc.name.value} ${value}`;
    const written = this.boxes.get(key);
    if (written !== undefined) {
      this.sink.reference(written);
      return;
    }
    const handle = this.begin(desc);
    if (hasOneBox(value)) {
      this.boxes.set(key, handle);
    }
    writePrimitive(this.sink.out, desc.fields[0]?.type as PrimitiveType, value, 'value');
  }

  /** Returns the handle of the object. */
  private begin(desc: JavaClassDesc): number {
    this.sink.out.u8(TypeCode.OBJECT);
    this.sink.descriptor(canonicalOf(desc));
    return this.sink.assign();
  }
}

/**
 * The objects of a stream that holds nothing else. Errors: those of `scanStream`; TRIBES_E_JAVA_OPAQUE,
 * TRIBES_E_JAVA_UNEXPECTED.
 */
export function scannedObjects(stream: Buffer, limits: JavaLimits = defaultJavaLimits): ScannedValue[] {
  return scanStream(stream, limits).contents.map((content) => {
    if (content.kind === 'value') {
      return content.value;
    }
    if (content.kind === 'opaque') {
      const { reason, className, start: offset } = content;
      throw new TribesError('TRIBES_E_JAVA_OPAQUE', { reason, className, offset });
    }
    throw unexpected('an object', content.kind);
  });
}

/** Forms of the descriptors that the program writes itself. */
const forms = new WeakMap<JavaClassDesc, CanonicalDesc>();

function canonicalOf(desc: JavaClassDesc): CanonicalDesc {
  let form = forms.get(desc);
  if (form === undefined) {
    const [value] = scannedObjects(writeStream({ contents: [desc] }), defaultJavaLimits);
    form = value?.desc ? canonicalDesc(value.desc, value.epoch) : undefined;
    if (form === undefined) {
      throw unwritable(`the descriptor of ${desc.name.value} has an annotation`);
    }
    forms.set(desc, form);
  }
  return form;
}

function unexpected(expected: string, found: string): TribesError {
  return new TribesError('TRIBES_E_JAVA_UNEXPECTED', { expected, found, where: 'the top level' });
}
