import { TypeCode } from './constants.js';
import type { FieldType, JavaField, JavaText } from './model.js';
import { decodeText } from './modified-utf8.js';
import type { ScannedDesc } from './scanned-desc.js';

/** A field as its descriptor says, wherever that stands. */
export interface FieldForm {
  readonly type: FieldType;
  readonly name: JavaText;
  /** The whole field; null where it has a type string, which is an object of the stream. */
  readonly field: JavaField | null;
  /** Where the type string, or a reference to it, stands: counted from the beginning of the descriptor. */
  readonly typeStart: number;
  readonly typeEnd: number;
  /** Text of the type string, if that is all that there is to it; undefined for others and for references. */
  readonly typeText: string | undefined;
}

/** A class descriptor from TC_CLASSDESC to its last field: what its bytes mean. */
export interface ClassForm {
  readonly name: JavaText;
  readonly serialVersionUID: bigint;
  readonly flags: number;
  readonly fields: readonly FieldForm[];
  /** Bytes that it takes; 0 where a type is a reference, so that what it says is not in its bytes alone. */
  readonly length: number;
}

/** A form that is kept, by its bytes. */
interface KeptForm {
  readonly bytes: DataView;
  readonly length: number;
  readonly form: ClassForm;
}

/** Pairs of forms: their bytes say which pair. The second is the one that came before the first. */
const pairs = new Array<KeptForm | undefined>(2 ** 11).fill(undefined);
/** Longer descriptors are not kept, so that all take less than 2 MiB. */
const MAX_BYTES = 2 ** 10;

/**
 * The form of `desc`, whose fields end at `end`; `numbers` is a view of its stream. The same few classes come again and
 * again: comparing the bytes of one takes a tenth of the time that it takes to make texts of them.
 */
export function classForm(desc: ScannedDesc, end: number, numbers: DataView): ClassForm {
  const start = desc.nameStart - 3;
  const place = placeOf(numbers, end, desc.nameEnd);
  const kept = pairs[place];
  if (kept !== undefined && isOf(kept, numbers, start, end)) {
    return kept.form;
  }
  const before = pairs[place + 1];
  if (before !== undefined && isOf(before, numbers, start, end)) {
    return before.form;
  }
  const form = decode(desc, start, numbers);
  if (end - start <= MAX_BYTES && isPlain(form)) {
    const bytes = new DataView(Uint8Array.from(desc.bytes.subarray(start, end)).buffer);
    pairs[place + 1] = kept;
    pairs[place] = { bytes, length: end - start, form };
  }
  return form;
}

/** The serialVersionUID and the end, where one variant of a class differs from another. */
function placeOf(numbers: DataView, end: number, nameEnd: number): number {
  const mixed = Math.imul(
    numbers.getInt32(nameEnd + 4) ^ Math.imul(numbers.getInt32(end - 4), 31),
    0x9e3779b1,
  );
  return (mixed >>> 22) << 1;
}

function isOf({ bytes, length }: KeptForm, numbers: DataView, start: number, end: number): boolean {
  if (length !== end - start) {
    return false;
  }
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    if (bytes.getInt32(at) !== numbers.getInt32(start + at)) {
      return false;
    }
  }
  for (; at < length; at++) {
    if (bytes.getUint8(at) !== numbers.getUint8(start + at)) {
      return false;
    }
  }
  return true;
}

function decode(desc: ScannedDesc, start: number, numbers: DataView): ClassForm {
  const { bytes, bodyStart, nameStart, nameEnd } = desc;
  const fields: FieldForm[] = [];
  let at = bodyStart + 2;
  for (let left = numbers.getUint16(bodyStart); left > 0; left--) {
    const type = String.fromCharCode(numbers.getUint8(at)) as FieldType;
    const typeStart = at + 3 + numbers.getUint16(at + 1);
    const name = decodeText(bytes, at + 3, typeStart);
    const isObject = type === 'L' || type === '[';
    at = isObject ? endOfType(numbers, typeStart) : typeStart;
    fields.push({
      type,
      name,
      field: isObject ? null : { type, name },
      typeStart: typeStart - start,
      typeEnd: at - start,
      typeText: isObject ? plainType(bytes, typeStart, at) : undefined,
    });
  }
  return {
    name: decodeText(bytes, nameStart, nameEnd),
    serialVersionUID: numbers.getBigInt64(nameEnd),
    flags: desc.flags,
    fields,
    length: fields.every(({ field, typeText }) => field !== null || typeText !== undefined) ? at - start : 0,
  };
}

function endOfType(numbers: DataView, at: number): number {
  switch (numbers.getUint8(at)) {
    case TypeCode.REFERENCE:
      return at + 5;
    case TypeCode.LONGSTRING:
      return at + 9 + Number(numbers.getBigUint64(at + 1));
    default:
      return at + 3 + numbers.getUint16(at + 1);
  }
}

function plainType(bytes: Buffer, start: number, end: number): string | undefined {
  if (bytes[start] !== TypeCode.STRING) {
    return undefined;
  }
  const text = decodeText(bytes, start + 3, end);
  return text.bytes === undefined ? text.value : undefined;
}

/** Nothing in it is a view of the stream, which would be kept with it. */
function isPlain({ name, fields }: ClassForm): boolean {
  return name.bytes === undefined && fields.every((field) => field.name.bytes === undefined);
}
