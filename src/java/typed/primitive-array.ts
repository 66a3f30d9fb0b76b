import type { JavaPrimitiveArray, PrimitiveType } from '../model.js';
import { primitiveSize } from '../primitives.js';
import { arrayDesc } from './value-descriptors.js';
import type { JsonNode } from './json-text.js';
import { noValue } from './make.js';
import { floatingOf, longOf, textOf, wholeNumber } from './scalar-makers.js';

/** An array of primitives, of its cells as they are, or of its JSON view: base64 for bytes, a string for chars. */
export function primitiveArray(type: PrimitiveType, cells: Buffer | JsonNode): JavaPrimitiveArray {
  const bytes = Buffer.isBuffer(cells) ? cells : cellsOf(type, cells);
  return { kind: 'primitiveArray', desc: arrayDesc(`[${type}`), type, bytes };
}

function cellsOf(type: PrimitiveType, json: JsonNode): Buffer {
  const className = `[${type}`;
  if (type === 'B') {
    return base64(textOf(json, className, 'base64'));
  }
  if (type === 'C') {
    return Buffer.from(textOf(json, className, 'a string'), 'utf16le').swap16();
  }
  if (!Array.isArray(json)) {
    throw noValue(className, 'an array');
  }
  const cells = json as readonly JsonNode[];
  const size = primitiveSize(type);
  const bytes = Buffer.alloc(cells.length * size);
  cells.forEach((cell, place) => writeCell(bytes, place * size, type, cell, className));
  return bytes;
}

function writeCell(
  bytes: Buffer,
  at: number,
  type: Exclude<PrimitiveType, 'B' | 'C'>,
  cell: JsonNode,
  className: string,
): void {
  switch (type) {
    case 'Z':
      if (typeof cell !== 'boolean') {
        throw noValue(className, 'true or false in each cell');
      }
      bytes.writeUInt8(cell ? 1 : 0, at);
      break;
    case 'S':
      bytes.writeInt16BE(wholeNumber(cell, className, -32_768, 32_767), at);
      break;
    case 'I':
      bytes.writeInt32BE(wholeNumber(cell, className, -(2 ** 31), 2 ** 31 - 1), at);
      break;
    case 'J':
      bytes.writeBigInt64BE(longOf(cell, className), at);
      break;
    case 'F':
      bytes.writeFloatBE(floatingOf(cell, className), at);
      break;
    case 'D':
      bytes.writeDoubleBE(floatingOf(cell, className), at);
  }
}

/** Buffer.from passes over what is no base64. */
function base64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '')) {
    throw noValue('[B', 'base64');
  }
  return bytes;
}
