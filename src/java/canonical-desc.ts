import { BASE_HANDLE, TypeCode } from './constants.js';
import type { HandleTable } from './handle-table.js';
import type { ScannedDesc } from './scanned-desc.js';

const { ENDBLOCKDATA, NULL, REFERENCE } = TypeCode;

/** Longer descriptors have no such form: no class has so many fields, and hostile ones would be kept in maps. */
const MAX_BYTES = 2 ** 16;

/** Field types `L` and `[`. */
const OBJECT_FIELD = 0x4c;
const ARRAY_FIELD = 0x5b;

const NO_SUPERCLASS = Buffer.from([NULL]);

/**
 * A class descriptor by its bytes, type strings and superclasses written out in full: descriptors of equal bytes are the
 * same. It owns its bytes.
 */
export class CanonicalDesc {
  /** Standing for itself: from TC_CLASSDESC or TC_PROXYCLASSDESC to the end of the topmost superclass. */
  readonly bytes: Buffer;
  /** `bytes` as a key of maps. */
  readonly key: string;
  /** What stands before each type string, and what stands behind the last, up to the end of the annotation. */
  readonly pieces: readonly Buffer[];
  /** The type strings of its fields, with their type codes. */
  readonly types: readonly Buffer[];
  /** `types` as keys of maps. */
  readonly typeKeys: readonly string[];
  readonly superDesc: CanonicalDesc | null;
  /** Handles that it takes where it is written as `bytes`. */
  readonly handles: number;
  private cachedTypesDiffer: boolean | undefined;

  constructor(inStream: Pieces, superDesc: CanonicalDesc | null) {
    const pieces: Buffer[] = [];
    const types: Buffer[] = [];
    this.bytes = ownCopy([...inStream, superDesc?.bytes ?? NO_SUPERCLASS]);
    let at = 0;
    inStream.forEach(({ length }, i) => {
      (i % 2 === 0 ? pieces : types).push(this.bytes.subarray(at, at + length));
      at += length;
    });
    this.key = this.bytes.toString('latin1');
    this.pieces = pieces;
    this.types = types;
    this.typeKeys = types.map((type) => type.toString('latin1'));
    this.superDesc = superDesc;
    this.handles = 1 + types.length + (superDesc?.handles ?? 0);
  }

  /** No two fields have the same type, superclasses included: it is written as `bytes` where nothing stands before it. */
  get typesDiffer(): boolean {
    this.cachedTypesDiffer ??= haveDifferentTypes(this);
    return this.cachedTypesDiffer;
  }
}

function haveDifferentTypes(desc: CanonicalDesc): boolean {
  const met = new Set<string>();
  let fields = 0;
  for (let next: CanonicalDesc | null = desc; next !== null; next = next.superDesc) {
    fields += next.typeKeys.length;
    for (const key of next.typeKeys) {
      met.add(key);
    }
  }
  return met.size === fields;
}

/** Not from Node's pool, of which a form, being kept, would keep 8 KiB. */
function ownCopy(pieces: Pieces): Buffer {
  const copy = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    at += piece.copy(copy, at);
  }
  return copy;
}

/** Pieces and type strings in turn, as they stand in the stream: the first and the last are pieces. */
type Pieces = readonly Buffer[];

/**
 * The same few classes come again and again, so forms are kept, in pairs: serialVersionUIDs say which pair. The second of
 * a pair is the one that came before the first. All take no more than some MiB: longer ones are not kept.
 */
const pairs = new Array<CanonicalDesc | undefined>(2 ** 11).fill(undefined);
const MAX_KEPT_BYTES = 2 ** 10;

/**
 * The form of `desc`, whose handles are in `epoch`. Undefined where an annotation, its own or that of a superclass, is
 * not empty.
 */
export function canonicalDesc(desc: ScannedDesc, epoch: HandleTable): CanonicalDesc | undefined {
  const place = placeOf(desc);
  const last = pairs[place];
  if (last !== undefined && isOf(last, desc, epoch)) {
    return last;
  }
  const before = pairs[place + 1];
  if (before !== undefined && isOf(before, desc, epoch)) {
    return before;
  }
  const form = makeForm(desc, epoch);
  if (form !== undefined && form.bytes.length <= MAX_KEPT_BYTES) {
    pairs[place + 1] = last;
    pairs[place] = form;
  }
  return form;
}

function placeOf({ bytes, bodyStart, proxy }: ScannedDesc): number {
  const telling = proxy ? bodyStart + 6 : bodyStart - 5;
  const number = telling + 4 <= bytes.length ? bytes.readInt32BE(telling) : 0;
  return (Math.imul(number, 0x9e3779b1) >>> 22) << 1;
}

/** Whether `form` is what the bytes of `desc` say, its type strings and superclasses there or elsewhere. */
function isOf(form: CanonicalDesc, desc: ScannedDesc, epoch: HandleTable): boolean {
  let next: ScannedDesc | null = desc;
  for (let known: CanonicalDesc | null = form; known !== null; known = known.superDesc) {
    if (next === null || !isOwnPartOf(known, next, epoch)) {
      return false;
    }
    next = next.superDesc;
  }
  return next === null;
}

function isOwnPartOf(
  { pieces, types }: CanonicalDesc,
  { bytes, handle }: ScannedDesc,
  epoch: HandleTable,
): boolean {
  let at = epoch.start(handle);
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] as Buffer;
    if (!standsAt(piece, bytes, at)) {
      return false;
    }
    at += piece.length;
    const type = types[i];
    if (type === undefined) {
      break;
    }
    const referred = bytes[at] === REFERENCE;
    if (!standsAt(type, bytes, referred ? epoch.start(bytes.readInt32BE(at + 1) - BASE_HANDLE) : at)) {
      return false;
    }
    at += referred ? 5 : type.length;
  }
  return true;
}

function standsAt(piece: Buffer, bytes: Buffer, start: number): boolean {
  const { length } = piece;
  if (length > bytes.length - start) {
    return false;
  }
  let at = 0;
  while (at < length && piece[at] === bytes[start + at]) {
    at++;
  }
  return at === length;
}

function makeForm(desc: ScannedDesc, epoch: HandleTable): CanonicalDesc | undefined {
  const superForm = desc.superDesc === null ? null : canonicalDesc(desc.superDesc, epoch);
  const pieces = desc.proxy ? proxyPieces(desc, epoch) : classPieces(desc, epoch);
  if (superForm === undefined || pieces === undefined) {
    return undefined;
  }
  const length = pieces.reduce((sum, piece) => sum + piece.length, superForm?.bytes.length ?? 1);
  return length > MAX_BYTES ? undefined : new CanonicalDesc(pieces, superForm);
}

function proxyPieces(desc: ScannedDesc, epoch: HandleTable): Pieces | undefined {
  const { bytes, bodyStart } = desc;
  let at = bodyStart + 4;
  for (let left = bytes.readInt32BE(bodyStart); left > 0; left--) {
    at += 2 + bytes.readUInt16BE(at);
  }
  const last = lastPiece(desc, epoch.start(desc.handle), at);
  return last && [last];
}

function classPieces(desc: ScannedDesc, epoch: HandleTable): Pieces | undefined {
  const { bytes, bodyStart } = desc;
  const pieces: Buffer[] = [];
  let pieceStart = epoch.start(desc.handle);
  let at = bodyStart + 2;
  let nextHandle = desc.handle + 1;
  for (let left = bytes.readUInt16BE(bodyStart); left > 0; left--) {
    const type = bytes[at];
    at += 3 + bytes.readUInt16BE(at + 1);
    if (type === OBJECT_FIELD || type === ARRAY_FIELD) {
      const referred = bytes[at] === REFERENCE;
      const handle = referred ? bytes.readInt32BE(at + 1) - BASE_HANDLE : nextHandle++;
      pieces.push(bytes.subarray(pieceStart, at), bytes.subarray(epoch.start(handle), epoch.end(handle)));
      at = referred ? at + 5 : epoch.end(handle);
      pieceStart = at;
    }
  }
  const last = lastPiece(desc, pieceStart, at);
  return last && [...pieces, last];
}

/** Up to the end of the annotation at `at`, if that is empty. */
function lastPiece({ bytes }: ScannedDesc, start: number, at: number): Buffer | undefined {
  return bytes[at] === ENDBLOCKDATA ? bytes.subarray(start, at + 1) : undefined;
}
