import { BASE_HANDLE, TypeCode } from './constants.js';
import type { HandleTable } from './handle-table.js';
import type { ScannedDesc } from './scanned-desc.js';

/**
 * A class descriptor by its bytes, type strings and superclasses written out in full: descriptors of equal bytes are the
 * same. It owns its bytes.
 */
export interface CanonicalDesc {
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
}

/** Longer descriptors have no such form: no class has so many fields, and hostile ones would be kept in maps. */
const MAX_BYTES = 2 ** 16;

/** Field types `L` and `[`. */
const OBJECT_FIELD = 0x4c;
const ARRAY_FIELD = 0x5b;

const NO_SUPERCLASS = Buffer.from([TypeCode.NULL]);

/**
 * Forms by their bytes, because the same few classes come again and again. Forgotten altogether when they take more
 * than `CACHE_BYTES`.
 */
const cache = new Map<string, CanonicalDesc>();
const CACHE_BYTES = 2 ** 22;
let cachedBytes = 0;

/**
 * The form of `desc`, whose handles are in `epoch`. Undefined where an annotation, its own or that of a superclass, is
 * not empty.
 */
export function canonicalDesc(desc: ScannedDesc, epoch: HandleTable): CanonicalDesc | undefined {
  let form: CanonicalDesc | null = cachedForm(desc, epoch);
  if (form !== null) {
    return form;
  }
  for (const next of desc.classes) {
    const pieces = next.proxy ? proxyPieces(next, epoch) : classPieces(next, epoch);
    const length = pieces === undefined ? Infinity : lengthOf(pieces) + (form?.bytes.length ?? 1);
    if (pieces === undefined || length > MAX_BYTES) {
      return undefined;
    }
    form = remember(assemble(pieces, form));
  }
  return form ?? undefined;
}

/** Where nothing in a descriptor is a reference, its bytes are the form. */
function cachedForm(desc: ScannedDesc, epoch: HandleTable): CanonicalDesc | null {
  const start = epoch.start(desc.handle);
  const end = epoch.end(desc.handle);
  if (end - start > MAX_BYTES) {
    return null;
  }
  for (let event = epoch.definition(desc.handle) + 1; event < epoch.eventCount; event++) {
    if (epoch.eventOffset(event) >= end) {
      break;
    }
    if (epoch.isReference(event)) {
      return null;
    }
  }
  return cache.get(desc.bytes.toString('latin1', start, end)) ?? null;
}

function remember(form: CanonicalDesc): CanonicalDesc {
  cachedBytes += form.bytes.length;
  if (cachedBytes > CACHE_BYTES) {
    cache.clear();
    cachedBytes = form.bytes.length;
  }
  cache.set(form.key, form);
  return form;
}

/** Pieces and type strings in turn, as they stand in the stream: the first and the last are pieces. */
type Pieces = readonly Buffer[];

function lengthOf(pieces: Pieces): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function assemble(inStream: Pieces, superDesc: CanonicalDesc | null): CanonicalDesc {
  const bytes = Buffer.concat([...inStream, superDesc?.bytes ?? NO_SUPERCLASS]);
  const pieces: Buffer[] = [];
  const types: Buffer[] = [];
  let at = 0;
  inStream.forEach(({ length }, i) => {
    (i % 2 === 0 ? pieces : types).push(bytes.subarray(at, at + length));
    at += length;
  });
  const typeKeys = types.map((type) => type.toString('latin1'));
  return { bytes, key: bytes.toString('latin1'), pieces, types, typeKeys, superDesc };
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
      const referred = bytes[at] === TypeCode.REFERENCE;
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
  return bytes[at] === TypeCode.ENDBLOCKDATA ? bytes.subarray(start, at + 1) : undefined;
}
