import { BASE_HANDLE, TypeCode } from './constants.js';
import type { HandleTable } from './handle-table.js';
import type { ScannedDesc } from './scanned-desc.js';

const NO_SUPERCLASS = Buffer.from([TypeCode.NULL]);

/**
 * A class descriptor by its bytes, type strings and superclasses written out in full: descriptors of equal bytes are the
 * same. Only one whose annotation is empty, and those of its superclasses too, has such a form.
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

/** The form of `desc`, whose handles are in `epoch`; undefined where an annotation is not empty. */
export function canonicalDesc(desc: ScannedDesc, epoch: HandleTable): CanonicalDesc | undefined {
  let form: CanonicalDesc | null = null;
  for (const next of desc.classes) {
    const own = next.proxy ? proxyBody(next, epoch) : classBody(next, epoch);
    if (own === undefined) {
      return undefined;
    }
    form = assemble(own, form);
  }
  return form ?? undefined;
}

interface Body {
  readonly pieces: Buffer[];
  readonly types: Buffer[];
}

function assemble({ pieces, types }: Body, superDesc: CanonicalDesc | null): CanonicalDesc {
  const own = pieces.flatMap((piece, i) => [piece, ...types.slice(i, i + 1)]);
  const bytes = Buffer.concat([...own, superDesc?.bytes ?? NO_SUPERCLASS]);
  const typeKeys = types.map((type) => type.toString('latin1'));
  return { bytes, key: bytes.toString('latin1'), pieces, types, typeKeys, superDesc };
}

function proxyBody(desc: ScannedDesc, epoch: HandleTable): Body | undefined {
  const { bytes, bodyStart } = desc;
  let at = bodyStart + 4;
  for (let left = bytes.readInt32BE(bodyStart); left > 0; left--) {
    at += 2 + bytes.readUInt16BE(at);
  }
  return closed(desc, at, { pieces: [], types: [] }, epoch.start(desc.handle));
}

function classBody(desc: ScannedDesc, epoch: HandleTable): Body | undefined {
  const { bytes, bodyStart } = desc;
  const body: Body = { pieces: [], types: [] };
  let pieceStart = epoch.start(desc.handle);
  let at = bodyStart + 2;
  let nextHandle = desc.handle + 1;
  for (let left = bytes.readUInt16BE(bodyStart); left > 0; left--) {
    const type = bytes[at];
    at += 3 + bytes.readUInt16BE(at + 1);
    if (type === 0x4c || type === 0x5b) {
      const referred = bytes[at] === TypeCode.REFERENCE;
      const handle = referred ? bytes.readInt32BE(at + 1) - BASE_HANDLE : nextHandle++;
      body.pieces.push(bytes.subarray(pieceStart, at));
      body.types.push(bytes.subarray(epoch.start(handle), epoch.end(handle)));
      at = referred ? at + 5 : epoch.end(handle);
      pieceStart = at;
    }
  }
  return closed(desc, at, body, pieceStart);
}

function closed({ bytes }: ScannedDesc, at: number, body: Body, pieceStart: number): Body | undefined {
  if (bytes[at] !== TypeCode.ENDBLOCKDATA) {
    return undefined;
  }
  body.pieces.push(bytes.subarray(pieceStart, at + 1));
  return body;
}
