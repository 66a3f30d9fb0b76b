import { TribesError } from '../../base/index.js';
import { descOf } from '../descriptors.js';
import { ClassFlags, type JavaFieldValue, type JavaObject, type JavaValue } from '../model.js';
import { readObject } from '../reader.js';
import { fromJs } from '../views/from-js.js';
import { JavaLiteral } from '../views/java-literal.js';
import { NUMBER } from '../views/jdk-descriptors.js';
import { parseJavaType, type JavaType } from './java-type.js';
import { typedValue } from './typed-value.js';

const BIG_DECIMAL = descOf({
  name: 'java.math.BigDecimal',
  suid: 0x54c71557f981284fn,
  flags: ClassFlags.SERIALIZABLE | ClassFlags.WRITE_METHOD,
  fields: ['I scale', 'Ljava/math/BigInteger; intVal'],
  super: NUMBER,
});

const UUID = descOf({
  name: 'java.util.UUID',
  suid: 0xbc9903f7986d852fn,
  fields: ['J leastSigBits', 'J mostSigBits'],
});

/**
 * Java values of a type of one's choice, to be written alone or within others: a plain number becomes an Integer, a Long or a
 * Double as it fits, `java.long(5)` is a Long.
 *
 * Error of all: TRIBES_E_JAVA_FROM_JS for a value that the type does not have.
 */
export const java = {
  /** A `java.lang.Byte`, -128 to 127. */
  byte: (value: number): JavaLiteral => typed('java.lang.Byte', value),
  /** A `java.lang.Short`. */
  short: (value: number): JavaLiteral => typed('java.lang.Short', value),
  /** A `java.lang.Integer`. */
  int: (value: number): JavaLiteral => typed('java.lang.Integer', value),
  /** A `java.lang.Long`. */
  long: (value: bigint | number): JavaLiteral => typed('java.lang.Long', value),
  /** A `java.lang.Float`: the one nearest to the number. */
  float: (value: number): JavaLiteral => typed('java.lang.Float', value),
  /** A `java.lang.Double`, whole numbers too. */
  double: (value: number): JavaLiteral => typed('java.lang.Double', value),
  /** A `java.lang.Character`: one UTF-16 unit. */
  char: (value: string): JavaLiteral => typed('java.lang.Character', value),
  /** A `java.math.BigDecimal`, as its constructor reads it: `12.50` has two digits behind the point. */
  bigDecimal,
  /** A `java.util.UUID`. */
  uuid,
  /**
   * An array: `java.array('int', [1, 2])`, `java.array('java.lang.String', ['a', null])`. The type is that of its elements, written
   * as in the source of a Java program.
   */
  array: (elementType: string, values: ArrayLike<unknown>): JavaLiteral =>
    new JavaLiteral(typedValue(arrayOf(elementType), values, fromJs) as JavaValue),
  /** The one value of a Java stream, such as `session.raw` gives, as it is now: it is copied. Errors: TRIBES_E_JAVA_…. */
  raw: (stream: Uint8Array): JavaLiteral => new JavaLiteral(readObject(Buffer.from(stream))),
} as const;

function typed(className: string, value: unknown): JavaLiteral {
  return new JavaLiteral(typedValue({ kind: 'class', name: className }, value, fromJs) as JavaValue);
}

function arrayOf(elementType: string): JavaType {
  const type = parseJavaType(`${elementType}[]`);
  if (type === undefined) {
    throw unsupported(`an array of "${elementType}"`);
  }
  return type;
}

function bigDecimal(text: string): JavaLiteral {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/.exec(text);
  const digits = `${match?.[2] ?? ''}${match?.[3] ?? ''}`;
  const scale = (match?.[3] ?? '').length - Number(match?.[4] ?? 0);
  if (digits === '' || (scale | 0) !== scale) {
    throw unsupported('a text that is no decimal number');
  }
  const unscaled = fromJs(BigInt(digits) * (match?.[1] === '-' ? -1n : 1n));
  return literal(
    { desc: NUMBER, values: [], annotation: null },
    { desc: BIG_DECIMAL, values: [scale, unscaled] satisfies JavaFieldValue[], annotation: [] },
  );
}

function uuid(text: string): JavaLiteral {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw unsupported('a text that is no UUID');
  }
  const bits = BigInt(`0x${text.replaceAll('-', '')}`);
  const values = [BigInt.asIntN(64, bits), BigInt.asIntN(64, bits >> 64n)];
  return literal({ desc: UUID, values, annotation: null });
}

function literal(...parts: JavaObject['parts']): JavaLiteral {
  const desc = parts.at(-1)?.desc;
  if (desc === undefined) {
    throw unsupported('an object without class');
  }
  return new JavaLiteral({ kind: 'object', desc, parts });
}

function unsupported(what: string): TribesError {
  return new TribesError('TRIBES_E_JAVA_FROM_JS', { what });
}
