import { decodeText } from './modified-utf8.js';
import { HandleKind, type HandleTable } from './handle-table.js';
import type { ScannedDesc } from './scanned-desc.js';
import type { ScannedValue } from './scanned-value.js';

/** A class that a JVM has to have, to read a value. */
export interface ClassUse {
  /** That of its elements for an array class; a primitive type for an array of those. */
  readonly name: string;
  /** What else has to fit: serialVersionUIDs and enum constants. Equal for equal demands. */
  readonly demand: string;
}

const UID_BYTES = 8;

/**
 * Every class that the streams of `values` describe, superclasses and the interfaces of proxies included, and each
 * enum constant. Classes that `isCommon` says everybody has are left out. The types of fields are not looked at:
 * nobody needs those whose values are null.
 */
export function* classesUsed(
  values: readonly ScannedValue[],
  isCommon: (name: string) => boolean,
): Generator<ClassUse, void> {
  let last: HandleTable | undefined;
  for (const { epoch } of values) {
    if (epoch !== last) {
      yield* classesOf(epoch, isCommon);
      last = epoch;
    }
  }
}

function* classesOf(epoch: HandleTable, isCommon: (name: string) => boolean): Generator<ClassUse, void> {
  let hasOwn = false;
  for (const desc of epoch.descriptors) {
    for (const name of desc.proxy ? interfacesOf(desc) : [elementOf(desc.className)]) {
      if (!isCommon(name)) {
        hasOwn = true;
        yield { name, demand: desc.proxy ? name : `${name} ${uidOf(desc)}` };
      }
    }
  }
  if (hasOwn) {
    yield* enumConstantsOf(epoch, isCommon);
  }
}

function* enumConstantsOf(
  epoch: HandleTable,
  isCommon: (name: string) => boolean,
): Generator<ClassUse, void> {
  for (let handle = 0; handle < epoch.count; handle++) {
    const desc = epoch.kind(handle) === HandleKind.ENUM ? epoch.desc(handle) : null;
    if (desc !== null && !isCommon(desc.className)) {
      // The name of a constant is the string behind it (ObjectInputStream.readEnum).
      const start = epoch.start(handle + 1) + 3;
      const constant = decodeText(desc.bytes, start, epoch.end(handle + 1)).value;
      yield { name: desc.className, demand: `${desc.className}.${constant}` };
    }
  }
}

/** `[[Lorg.example.Cart;` is about `org.example.Cart`. */
export function elementOf(className: string): string {
  if (!className.startsWith('[')) {
    return className;
  }
  const element = className.replace(/^\[+/, '');
  return element.startsWith('L') && element.endsWith(';') ? element.slice(1, -1) : element;
}

function uidOf({ bytes, nameEnd }: ScannedDesc): string {
  return bytes.toString('hex', nameEnd, nameEnd + UID_BYTES);
}

function interfacesOf({ bytes, bodyStart }: ScannedDesc): string[] {
  const names: string[] = [];
  let at = bodyStart + 4;
  for (let left = bytes.readInt32BE(bodyStart); left > 0; left--) {
    const start = at + 2;
    at = start + bytes.readUInt16BE(at);
    names.push(decodeText(bytes, start, at).value);
  }
  return names;
}
