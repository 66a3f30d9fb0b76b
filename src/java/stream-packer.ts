import { TribesError, defaultJavaLimits, messageOf, type JavaLimits } from '../base/index.js';
import { ByteWriter } from './byte-writer.js';
import { canonicalDesc, type CanonicalDesc } from './canonical-desc.js';
import { STREAM_HEADER, TypeCode } from './constants.js';
import { HandleKind, type HandleTable } from './handle-table.js';
import { scanStream } from './scanner.js';
import { StreamSink } from './stream-sink.js';

/** Class descriptors by number; each stands there once, for all streams that a store packs. */
export interface DescriptorDictionary {
  /** The number of a descriptor; adds it if it is new. Numbers are whole, from 0; small ones pack better. */
  idOf(bytes: Buffer): number;
  /** The descriptor of a number that `idOf` has given. */
  bytesOf(id: number): Buffer | undefined;
}

/** First byte of a packed stream. */
const Form = {
  /** The stream follows as it is. */
  PLAIN: 0,
  /** Number of descriptors; for each: bytes and handles since the last, number in the dictionary; all other bytes. */
  PACKED: 1,
} as const;

interface Replacement {
  readonly start: number;
  readonly end: number;
  /** Handles defined between the descriptor before and this one. */
  readonly handlesBefore: number;
  readonly id: number;
}

/**
 * `stream` with each class descriptor, its type strings and superclasses included, replaced by a number.
 * `unpackStream` gives the same bytes again, always: where it would not, the stream is packed as it is.
 *
 * Errors: those of `scanStream`.
 */
export function packStream(
  stream: Buffer,
  dictionary: DescriptorDictionary,
  limits: JavaLimits = defaultJavaLimits,
): Buffer {
  const replacements = replacementsOf(stream, dictionary, limits);
  const out = new ByteWriter(stream.length);
  if (replacements !== undefined) {
    out.u8(Form.PACKED);
    writeNumber(out, replacements.length);
    let at = STREAM_HEADER.length;
    for (const { start, end, handlesBefore, id } of replacements) {
      writeNumber(out, start - at);
      writeNumber(out, handlesBefore);
      writeNumber(out, id);
      at = end;
    }
    at = STREAM_HEADER.length;
    for (const { start, end } of replacements) {
      out.copy(stream, at, start);
      at = end;
    }
    out.copy(stream, at, stream.length);
    if (out.length <= stream.length) {
      return out.toBuffer();
    }
    out.clear();
  }
  out.u8(Form.PLAIN);
  out.bytes(stream);
  return out.toBuffer();
}

/** The stream that was packed. Errors: TRIBES_E_JAVA_PACKED, TRIBES_E_JAVA_LIMIT (maxBytes). */
export function unpackStream(
  packed: Buffer,
  dictionary: DescriptorDictionary,
  limits: JavaLimits = defaultJavaLimits,
): Buffer {
  const form = packed[0];
  if (form === Form.PLAIN) {
    return packed.subarray(1);
  }
  if (form !== Form.PACKED) {
    throw unknownForm(form);
  }
  const reader = new PackedReader(packed);
  const places = reader.places();
  const sink = new StreamSink();
  for (const { literals, handles, id } of places) {
    sink.out.bytes(reader.take(literals));
    sink.nextHandle += handles;
    sink.descriptor(formOf(id, dictionary));
    if (sink.out.length > limits.maxBytes) {
      const where = `descriptor ${id} of its packed form`;
      throw new TribesError('TRIBES_E_JAVA_LIMIT', { limit: 'maxBytes', max: limits.maxBytes, where });
    }
  }
  sink.out.bytes(reader.rest());
  return sink.out.toBuffer();
}

/**
 * Whether `unpackStream` can unpack it, without doing so: every descriptor is in the dictionary, and what goes between them
 * is there. Error: TRIBES_E_JAVA_PACKED.
 */
export function checkPacked(packed: Buffer, dictionary: DescriptorDictionary): void {
  const form = packed[0];
  if (form === Form.PLAIN) {
    return;
  }
  if (form !== Form.PACKED) {
    throw unknownForm(form);
  }
  const reader = new PackedReader(packed);
  for (const { literals, id } of reader.places()) {
    reader.skip(literals);
    formOf(id, dictionary);
  }
}

/** Where a descriptor goes: behind so many bytes, after so many handles. */
interface Place {
  readonly literals: number;
  readonly handles: number;
  readonly id: number;
}

class PackedReader {
  private readonly bytes: Buffer;
  private at = 1;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  places(): Place[] {
    const count = this.number();
    if (count * 3 > this.bytes.length - this.at) {
      throw damaged(`${count} descriptors in ${this.bytes.length - this.at} bytes`);
    }
    const places: Place[] = [];
    for (let left = count; left > 0; left--) {
      places.push({ literals: this.number(), handles: this.number(), id: this.number() });
    }
    return places;
  }

  take(count: number): Buffer {
    const start = this.at;
    this.skip(count);
    return this.bytes.subarray(start, this.at);
  }

  skip(count: number): void {
    const start = this.at;
    if (count > this.bytes.length - start) {
      throw damaged(`${count} bytes are said to follow at offset ${start}, ${this.bytes.length - start} do`);
    }
    this.at = start + count;
  }

  rest(): Buffer {
    return this.take(this.bytes.length - this.at);
  }

  /** Seven bits a byte, the lowest first; all but the last have the highest bit set. */
  private number(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 42; factor *= 0x80) {
      const at = this.at;
      this.skip(1);
      const byte = this.bytes[at] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        return value;
      }
    }
    throw damaged(`the number before offset ${this.at} has no end`);
  }
}

/** What can be replaced so that unpacking gives the same bytes; undefined if something cannot. */
function replacementsOf(
  stream: Buffer,
  dictionary: DescriptorDictionary,
  limits: JavaLimits,
): Replacement[] | undefined {
  if (isOneString(stream)) {
    return undefined;
  }
  const { contents, values } = scanStream(stream, limits);
  const epoch = values[0]?.epoch;
  if (epoch === undefined || contents.some(({ kind }) => kind !== 'value' && kind !== 'blockData')) {
    return undefined;
  }
  const rehearsal = new StreamSink();
  const replacements: Replacement[] = [];
  for (let event = 0; event < epoch.eventCount;) {
    const handle = epoch.eventHandle(event);
    if (epoch.isReference(event) || epoch.kind(handle) !== HandleKind.DESC) {
      event++;
      continue;
    }
    const start = epoch.start(handle);
    const end = epoch.end(handle);
    const form = formAt(epoch, handle);
    if (form !== undefined) {
      const handlesBefore = handle - rehearsal.nextHandle;
      if (!rehearse(rehearsal, form, handle, stream.subarray(start, end))) {
        return undefined;
      }
      replacements.push({ start, end, handlesBefore, id: dictionary.idOf(form.bytes) });
    }
    event = epoch.eventAt(end, event + 1);
  }
  return replacements;
}

/** The most frequent of all streams, which has no descriptor: it need not be looked through. */
function isOneString(stream: Buffer): boolean {
  const at = STREAM_HEADER.length;
  return (
    stream[at] === TypeCode.STRING &&
    stream.length >= at + 3 &&
    stream.length === at + 3 + stream.readUInt16BE(at + 1) &&
    stream.subarray(0, at).equals(STREAM_HEADER)
  );
}

/** Writes `form` as unpacking will; false if that gives other bytes than the stream has. */
function rehearse(rehearsal: StreamSink, form: CanonicalDesc, handle: number, expected: Buffer): boolean {
  const before = rehearsal.out.length;
  rehearsal.nextHandle = handle;
  rehearsal.descriptor(form);
  return rehearsal.out.view().subarray(before).equals(expected);
}

function formAt(epoch: HandleTable, handle: number): CanonicalDesc | undefined {
  const desc = epoch.desc(handle);
  return desc === null ? undefined : canonicalDesc(desc, epoch);
}

/** Forms by number, for as long as their dictionary lives. */
const forms = new WeakMap<DescriptorDictionary, Map<number, CanonicalDesc>>();

function formOf(id: number, dictionary: DescriptorDictionary): CanonicalDesc {
  let known = forms.get(dictionary);
  if (known === undefined) {
    known = new Map();
    forms.set(dictionary, known);
  }
  let form = known.get(id);
  if (form === undefined) {
    form = parseForm(id, dictionary.bytesOf(id));
    known.set(id, form);
  }
  return form;
}

function parseForm(id: number, bytes: Buffer | undefined): CanonicalDesc {
  if (bytes === undefined) {
    throw damaged(`descriptor ${id} is not in the dictionary`);
  }
  const form = formIn(bytes);
  if (form?.bytes.equals(bytes) !== true) {
    throw damaged(`descriptor ${id} of the dictionary is none`);
  }
  return form;
}

function formIn(bytes: Buffer): CanonicalDesc | undefined {
  try {
    const [value] = scanStream(Buffer.concat([STREAM_HEADER, bytes])).values;
    return value?.kind === 'desc' ? formAt(value.epoch, value.handle) : undefined;
  } catch (error) {
    throw damaged(`a descriptor of the dictionary is none: ${messageOf(error)}`);
  }
}

/** The inverse of `PackedReader.number`. */
function writeNumber(out: ByteWriter, value: number): void {
  let left = value;
  while (left >= 0x80) {
    out.u8((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  out.u8(left);
}

function unknownForm(form: number | undefined): TribesError {
  return damaged(form === undefined ? 'it is empty' : `form ${form} is unknown`);
}

function damaged(problem: string): TribesError {
  return new TribesError('TRIBES_E_JAVA_PACKED', { problem });
}
