import { TribesError } from '../../base/index.js';
import { boxed } from '../boxes.js';
import type { JavaClassDesc, JavaContent, JavaFieldValue, JavaObject } from '../model.js';
import { valueDesc } from './value-descriptors.js';

/** Building blocks of values: objects of the JDK as it writes them. */

/** What one class writes of an object: its fields, and what follows them. */
export type Part = readonly [fields: JavaFieldValue[], annotation?: JavaContent[]];

/** The descriptor of a class that `value-descriptors` knows. */
export function known(className: string): JavaClassDesc {
  const desc = valueDesc(className);
  if (desc === undefined) {
    throw new RangeError(`no descriptor of ${className}`);
  }
  return desc;
}

/** An object of a class from what each class of its hierarchy writes, topmost first. */
export function objectOf(className: string, ...parts: readonly Part[]): JavaObject {
  const desc = known(className);
  const hierarchy: JavaClassDesc[] = [];
  for (let next: JavaClassDesc | null = desc; next !== null; next = next.superDesc as JavaClassDesc | null) {
    hierarchy.unshift(next);
  }
  return {
    kind: 'object',
    desc,
    parts: hierarchy.map((each, place) => {
      const [values, annotation = null] = parts[place] ?? [[]];
      return { desc: each, values, annotation };
    }),
  };
}

/** A box: an object of one primitive. */
export function boxOf(className: string, value: JavaFieldValue): JavaObject {
  return boxed(known(className), value);
}

/** Primitives written one after the other. */
export class Block {
  readonly #bytes: Buffer[] = [];

  byte(value: number): this {
    this.#bytes.push(Buffer.from([value & 0xff]));
    return this;
  }

  int(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return this.raw(bytes);
  }

  float(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatBE(value);
    return this.raw(bytes);
  }

  long(value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return this.raw(bytes);
  }

  /** ASCII, as `writeUTF` writes it. */
  ascii(text: string): this {
    const bytes = Buffer.alloc(2 + text.length);
    bytes.writeUInt16BE(text.length);
    bytes.write(text, 2, 'latin1');
    return this.raw(bytes);
  }

  raw(bytes: Buffer): this {
    this.#bytes.push(bytes);
    return this;
  }

  get content(): JavaContent {
    return { kind: 'blockData', bytes: Buffer.concat(this.#bytes) };
  }
}

/** What was given does not make a value of the class. */
export function noValue(className: string, expected: string): TribesError {
  return new TribesError('TRIBES_E_WRITE_VALUE', { className, expected });
}
