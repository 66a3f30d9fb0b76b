import { TribesError, defaultJavaLimits, messageOf, type JavaLimits } from '../base/index.js';
import { ByteWriter, SLAB_BYTES } from './byte-writer.js';
import { canonicalDesc, type CanonicalDesc } from './canonical-desc.js';
import { STREAM_HEADER, TypeCode } from './constants.js';
import type { HandleTable } from './handle-table.js';
import { areWide } from './quick-input.js';
import { quickReplacements, type Replacement } from './quick-packer.js';
import type { ScannedContent } from './scanned-value.js';
import { scanStream } from './scanner.js';
import { StreamAssembly } from './stream-assembly.js';
import type { StreamParts } from './stream-parts.js';
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

/** Where streams are packed, one after the other, before they get buffers of their own. */
const scratch = new ByteWriter(SLAB_BYTES);

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
  const out = scratch;
  const replacements = isOneString(stream) ? undefined : plainReplacements(stream, limits);
  out.clear();
  if (replacements !== undefined) {
    writePacked(out, stream, replacements, dictionary);
    if (out.length <= stream.length) {
      return out.take();
    }
    out.clear();
  }
  out.u8(Form.PLAIN);
  out.bytes(stream);
  return out.take();
}

/**
 * The same for a stream that is as most are, in less time than it takes to remember what came of it; the stream itself where
 * nothing is gained. Undefined for any other stream, which says nothing about it. Errors: those of `dictionary`.
 */
export function packQuickly(stream: Buffer, dictionary: DescriptorDictionary): Buffer | undefined {
  if (isOneString(stream)) {
    return stream;
  }
  const replacements = areWide(defaultJavaLimits, stream.length) ? quickReplacements(stream) : undefined;
  if (replacements === undefined) {
    return undefined;
  }
  scratch.clear();
  writePacked(scratch, stream, replacements, dictionary);
  return scratch.length < stream.length ? scratch.take() : stream;
}

/**
 * The same for a stream in parts, which has some. Errors: those of `dictionary`.
 */
export function packParts(
  { source, start, end, descriptors }: StreamParts,
  dictionary: DescriptorDictionary,
): Buffer {
  const out = scratch;
  out.clear();
  out.u8(Form.PACKED);
  writeNumber(out, descriptors.length);
  for (const { bytesBefore, handlesBefore, form } of descriptors) {
    writeNumber(out, bytesBefore);
    writeNumber(out, handlesBefore);
    writeNumber(out, idOf(form, dictionary));
  }
  out.copy(source, start + STREAM_HEADER.length, end);
  return out.take();
}

function writePacked(
  out: ByteWriter,
  stream: Buffer,
  replacements: readonly Replacement[],
  dictionary: DescriptorDictionary,
): void {
  out.u8(Form.PACKED);
  writeNumber(out, replacements.length);
  let at = STREAM_HEADER.length;
  for (const { start, end, handlesBefore, form } of replacements) {
    writeNumber(out, start - at);
    writeNumber(out, handlesBefore);
    writeNumber(out, idOf(form, dictionary));
    at = end;
  }
  at = STREAM_HEADER.length;
  for (const { start, end } of replacements) {
    out.copy(stream, at, start);
    at = end;
  }
  out.copy(stream, at, stream.length);
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
  const assembly = new StreamAssembly(limits);
  for (const { literals, handles, id } of places) {
    const start = reader.skip(literals);
    assembly.copy(packed, start, start + literals);
    assembly.descriptor(formOf(id, dictionary), handles, places.length === 1);
  }
  const { left } = reader;
  const start = reader.skip(left);
  assembly.copy(packed, start, start + left);
  return assembly.take();
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

  /** Bytes not read yet. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  places(): Place[] {
    const count = this.number();
    if (count * 3 > this.left) {
      throw damaged(`${count} descriptors in ${this.left} bytes`);
    }
    const places: Place[] = [];
    for (let left = count; left > 0; left--) {
      places.push({ literals: this.number(), handles: this.number(), id: this.number() });
    }
    return places;
  }

  /** Passes over `count` bytes; returns where they begin. */
  skip(count: number): number {
    const start = this.at;
    if (count > this.left) {
      throw damaged(`${count} bytes are said to follow at offset ${start}, ${this.left} do`);
    }
    this.at = start + count;
    return start;
  }

  /** Seven bits a byte, the lowest first; all but the last have the highest bit set. */
  private number(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 42; factor *= 0x80) {
      const byte = this.bytes[this.skip(1)] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        return value;
      }
    }
    throw damaged(`the number before offset ${this.at} has no end`);
  }
}

/** What can be replaced so that unpacking gives the same bytes; undefined if something cannot. Errors: those of `scanStream`. */
export function plainReplacements(stream: Buffer, limits: JavaLimits): readonly Replacement[] | undefined {
  const { contents } = scanStream(stream, limits);
  const epoch = onlyEpochOf(contents);
  if (epoch === undefined) {
    return undefined;
  }
  const rehearsal = new Rehearsal(stream);
  const replacements: Replacement[] = [];
  let behind = 0;
  for (const desc of epoch.descriptors) {
    const start = epoch.start(desc.handle);
    if (start >= behind) {
      const end = epoch.end(desc.handle);
      behind = end;
      const form = canonicalDesc(desc, epoch);
      if (form !== undefined) {
        const handlesBefore = desc.handle - rehearsal.nextHandle;
        if (!rehearsal.agrees(form, desc.handle, start, end)) {
          return undefined;
        }
        replacements.push({ start, end, handlesBefore, form });
      }
    }
  }
  return replacements;
}

function onlyEpochOf(contents: readonly ScannedContent[]): HandleTable | undefined {
  let epoch: HandleTable | undefined;
  for (const content of contents) {
    if (content.kind === 'value') {
      epoch = content.value.epoch;
    } else if (content.kind !== 'blockData') {
      return undefined;
    }
  }
  return epoch;
}

/** The most frequent of all streams, which has no descriptor: it need not be looked through. */
function isOneString(stream: Buffer): boolean {
  const at = STREAM_HEADER.length;
  return (
    stream[at] === TypeCode.STRING &&
    stream.length >= at + 3 &&
    stream.length === at + 3 + stream.readUInt16BE(at + 1) &&
    stream.readInt32BE(0) === STREAM_HEADER.readInt32BE(0)
  );
}

/** What unpacking will write, as far as it has to be written to see that it is what stands in the stream. */
class Rehearsal {
  /** Handles assigned behind the last descriptor. */
  nextHandle = 0;
  private readonly stream: Buffer;
  /** The first descriptor, as long as there is no other: it needs no sink, for it has nothing to refer to. */
  private first: CanonicalDesc | undefined;
  private firstHandle = 0;
  private sink: StreamSink | undefined;

  constructor(stream: Buffer) {
    this.stream = stream;
  }

  /** Whether `form`, written under `handle`, is what stands at [start, end). */
  agrees(form: CanonicalDesc, handle: number, start: number, end: number): boolean {
    if (this.first === undefined && this.sink === undefined && form.typesDiffer) {
      this.first = form;
      this.firstHandle = handle;
      this.nextHandle = handle + form.handles;
      return (
        end - start === form.bytes.length && this.stream.compare(form.bytes, 0, end - start, start, end) === 0
      );
    }
    this.sink ??= this.begin();
    const { out } = this.sink;
    const before = out.length;
    this.sink.nextHandle = handle;
    this.sink.descriptor(form);
    this.nextHandle = this.sink.nextHandle;
    const written = out.view();
    return (
      written.length - before === end - start &&
      this.stream.compare(written, before, written.length, start, end) === 0
    );
  }

  private begin(): StreamSink {
    const sink = new StreamSink();
    if (this.first !== undefined) {
      sink.nextHandle = this.firstHandle;
      sink.descriptor(this.first);
    }
    return sink;
  }
}

/** What is known of a dictionary, for as long as it lives. */
class Knowledge {
  readonly forms = new Map<number, CanonicalDesc>();
  readonly ids = new Map<string, number>();
}

const known = new WeakMap<DescriptorDictionary, Knowledge>();

function knowledgeOf(dictionary: DescriptorDictionary): Knowledge {
  let knowledge = known.get(dictionary);
  if (knowledge === undefined) {
    knowledge = new Knowledge();
    known.set(dictionary, knowledge);
  }
  return knowledge;
}

function idOf({ key, bytes }: CanonicalDesc, dictionary: DescriptorDictionary): number {
  const { ids } = knowledgeOf(dictionary);
  let id = ids.get(key);
  if (id === undefined) {
    id = dictionary.idOf(bytes);
    ids.set(key, id);
  }
  return id;
}

function formOf(id: number, dictionary: DescriptorDictionary): CanonicalDesc {
  const { forms } = knowledgeOf(dictionary);
  let form = forms.get(id);
  if (form === undefined) {
    form = parseForm(id, dictionary.bytesOf(id));
    forms.set(id, form);
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
    return value?.kind === 'desc' && value.desc !== null ? canonicalDesc(value.desc, value.epoch) : undefined;
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
