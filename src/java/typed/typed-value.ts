import type { JavaValue, PrimitiveType } from '../model.js';
import { listMakers, mapMakers, objectArray, plainList, plainMap, type Entries } from './containers.js';
import { readJson, type JsonMembers, type JsonNode, type JsonNumber } from './json-text.js';
import { isClassName } from './class-name.js';
import { noValue, objectOf } from './make.js';
import { primitiveArray } from './primitive-array.js';
import { plainBoolean, plainNumber, scalarMakers, wholeNumber } from './scalar-makers.js';
import { timeMakers } from './time-makers.js';
import { TribesError } from '../../base/index.js';

/**
 * The Java value that plain JSON stands for: string → String, true and false → Boolean, null → null, array → ArrayList,
 * object → LinkedHashMap, number → with fraction or exponent Double, else the smallest of Integer, Long and BigInteger that
 * holds it. If the whole is an object of exactly `class`, a string of the form of a class name, and `value`, it names its
 * class, and is what `typedJsonValue` makes of it; within plain values nothing does, whatever the names of the members.
 *
 * Errors: TRIBES_E_WRITE_JSON; for a value that names its class those of `typedJsonValue`.
 */
export function plainJsonValue(text: string, maxDepth: number): JavaValue {
  return jsonValue(readJson(text, maxDepth), 'plain');
}

/**
 * The Java value of JSON in which every object names a class: `{"class": "java.lang.Long", "value": "5"}`. The value is
 * given as the JSON view of that class shows it (docs/json-view.md); within containers, and everywhere else, what is no
 * object is as in plain JSON.
 *
 * Errors: TRIBES_E_WRITE_JSON; TRIBES_E_WRITE_VALUE when the value is none of its class; TRIBES_E_WRITE_CLASS for a class
 * of which no value can be made so.
 */
export function typedJsonValue(text: string, maxDepth: number): JavaValue {
  return jsonValue(readJson(text, maxDepth), 'typed');
}

/** How JSON stands for Java values: see `plainJsonValue` and `typedJsonValue`. */
export type JsonForm = 'plain' | 'typed';

/** The Java value of JSON that has been read. Errors: those of `typedJsonValue`. */
export function jsonValue(json: JsonNode, form: JsonForm): JavaValue {
  return form === 'typed' || namesItsClass(json) ? typed(json) : plain(json);
}

function namesItsClass(json: JsonNode): boolean {
  if (!isMembers(json) || json.size !== 2 || !json.has('value')) {
    return false;
  }
  const className = json.get('class');
  return typeof className === 'string' && isClassName(className);
}

function plain(json: JsonNode): JavaValue {
  if (isMembers(json)) {
    return plainMap([...json].map(([key, value]) => [{ kind: 'string', value: key }, plain(value)]));
  }
  return isList(json) ? plainList(json.map(plain)) : scalar(json);
}

function typed(json: JsonNode): JavaValue {
  if (!isMembers(json)) {
    return isList(json) ? plainList(json.map(typed)) : scalar(json);
  }
  const className = json.get('class');
  const value = json.get('value');
  if (typeof className !== 'string' || value === undefined || json.size !== 2) {
    const problem =
      'an object has to be {"class": "…", "value": …}; of a map, class is java.util.LinkedHashMap';
    throw new TribesError('TRIBES_E_WRITE_JSON', { problem, offset: 0 });
  }
  return instance(className, value);
}

function scalar(json: null | boolean | string | JsonNumber): JavaValue {
  if (json === null) {
    return null;
  }
  if (typeof json === 'string') {
    return { kind: 'string', value: json };
  }
  return typeof json === 'boolean' ? plainBoolean(json) : plainNumber(json);
}

function instance(className: string, json: JsonNode): JavaValue {
  const maker = scalarMakers.get(className) ?? timeMakers.get(className);
  if (maker !== undefined) {
    return maker(json);
  }
  const ofList = listMakers.get(className);
  if (ofList !== undefined) {
    return ofList(elementsOf(json, className).map(typed), className);
  }
  const ofMap = mapMakers.get(className);
  if (ofMap !== undefined) {
    return ofMap(entriesOf(json, className), className);
  }
  if (className === 'java.util.BitSet') {
    return bitSet(json);
  }
  if (className.startsWith('[')) {
    return array(className, json);
  }
  throw new TribesError('TRIBES_E_WRITE_CLASS', { className });
}

function elementsOf(json: JsonNode, className: string): readonly JsonNode[] {
  if (!isList(json)) {
    throw noValue(className, 'an array');
  }
  return json;
}

/** An object of string keys, or an array of pairs. */
function entriesOf(json: JsonNode, className: string): Entries {
  if (isMembers(json)) {
    return [...json].map(([key, value]) => [{ kind: 'string', value: key }, typed(value)]);
  }
  if (!isList(json)) {
    throw noValue(className, 'an object, or an array of pairs');
  }
  return json.map((pair) => {
    const [key, value, more] = isList(pair) ? pair : [];
    if (key === undefined || value === undefined || more !== undefined) {
      throw noValue(className, 'an object, or an array of pairs');
    }
    return [typed(key), typed(value)];
  });
}

/** Highest bit that can be set: the words of a BitSet below it take 1 MiB. */
const MAX_BIT = 2 ** 23 - 1;

function bitSet(json: JsonNode): JavaValue {
  const className = 'java.util.BitSet';
  const bits = elementsOf(json, className).map((bit) => wholeNumber(bit, className, 0, MAX_BIT));
  const highest = bits.reduce((max, bit) => Math.max(max, bit), -1);
  const words = Buffer.alloc(8 * Math.ceil((highest + 1) / 64));
  for (const bit of bits) {
    const place = 8 * Math.floor(bit / 64) + 7 - Math.floor((bit % 64) / 8);
    words.writeUInt8(words.readUInt8(place) | (1 << (bit % 8)), place);
  }
  return objectOf(className, [[primitiveArray('J', words)], []]);
}

/** Dimensions of an array class (JVMS 4.4.1). */
const MAX_DIMENSIONS = 255;

function array(className: string, json: JsonNode): JavaValue {
  const [, dimensions = '', element = ''] = /^(\[+)([BCDFIJSZ]|L[\p{L}\p{Nd}_$.]+;)$/u.exec(className) ?? [];
  if (dimensions.length === 0 || dimensions.length > MAX_DIMENSIONS) {
    throw new TribesError('TRIBES_E_WRITE_CLASS', { className });
  }
  if (dimensions.length === 1 && element.length === 1) {
    return primitiveArray(element as PrimitiveType, json);
  }
  const cellClass = dimensions.length > 1 ? className.slice(1) : element.slice(1, -1);
  return objectArray(
    elementsOf(json, className).map((cell) => cellOf(cellClass, cell)),
    className,
  );
}

/** Classes whose arrays take values of several classes. */
const WIDE: ReadonlySet<string> = new Set(['java.lang.Object', 'java.lang.Number', 'java.lang.Comparable']);

/** A JVM refuses an array with a cell of another class. */
function cellOf(cellClass: string, json: JsonNode): JavaValue {
  if (json === null) {
    return null;
  }
  if (WIDE.has(cellClass)) {
    return typed(json);
  }
  if (isMembers(json) && json.get('class') !== undefined) {
    const named = json.get('class');
    if (named !== cellClass) {
      throw noValue(`[L${cellClass};`, `cells of class ${cellClass}`);
    }
    return typed(json);
  }
  return instance(cellClass, json);
}

function isMembers(json: JsonNode): json is JsonMembers {
  return json instanceof Map;
}

function isList(json: JsonNode): json is readonly JsonNode[] {
  return Array.isArray(json);
}
