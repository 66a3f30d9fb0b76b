import { BASE_HANDLE, TypeCode } from './constants.js';
import { FIELD_SIZES } from './field-sizes.js';
import { HandleKind, type HandleTable } from './handle-table.js';
import { ScannedDesc } from './scanned-desc.js';

const { CLASSDESC, REFERENCE } = TypeCode;

/**
 * The class descriptors of a table that `scanQuickly` made, in the order of their handles: it passed over them without making
 * anything, since most of what is scanned is never asked for its class.
 */
export function scannedDescriptors(table: HandleTable, bytes: Buffer): ScannedDesc[] {
  const descriptors: ScannedDesc[] = [];
  let subDesc: ScannedDesc | null = null;
  for (let handle = 0; handle < table.count; handle++) {
    if (table.kind(handle) !== HandleKind.DESC) {
      continue;
    }
    const desc: ScannedDesc = new ScannedDesc(bytes, descriptors.length, handle, false, subDesc);
    descriptors.push(desc);
    const superStart = readBody(desc, table.start(handle) + 3);
    const code = bytes[superStart];
    if (code === CLASSDESC) {
      subDesc = desc;
      continue;
    }
    const above = code === REFERENCE ? bytes.readInt32BE(superStart + 1) - BASE_HANDLE : -1;
    complete(desc, above < 0 ? null : (descriptors[table.descIndex(above)] as ScannedDesc));
    subDesc = null;
  }
  return descriptors;
}

/** Notes what stands in the descriptor; returns where its superclass stands. */
function readBody(desc: ScannedDesc, nameStart: number): number {
  const { bytes } = desc;
  const bodyStart = nameStart + bytes.readUInt16BE(nameStart - 2) + 9;
  desc.nameStart = nameStart;
  desc.bodyStart = bodyStart;
  desc.flags = bytes[bodyStart - 1] as number;
  let at = bodyStart + 2;
  for (let left = bytes.readUInt16BE(bodyStart); left > 0; left--) {
    const size = FIELD_SIZES[bytes[at] as number] as number;
    at += 3 + bytes.readUInt16BE(at + 1);
    if (size > 0) {
      desc.primitives += size;
    } else {
      desc.values++;
      at += bytes[at] === REFERENCE ? 5 : 3 + bytes.readUInt16BE(at + 1);
    }
  }
  return at + 1;
}

function complete(last: ScannedDesc, superDesc: ScannedDesc | null): void {
  let above = superDesc;
  for (let desc: ScannedDesc | null = last; desc !== null; desc = desc.subDesc) {
    desc.finish(above);
    above = desc;
  }
}
