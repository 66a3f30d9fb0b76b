import {
  TribesError,
  isTribesError,
  type JavaLimits,
  type ShareGroup,
  type ViewLimits,
} from '../base/index.js';
import {
  cut,
  isValue,
  javaClassName,
  jsonView,
  readStream,
  scanStream,
  type JavaValue,
  type Json,
} from '../java/index.js';
import { jsonText, type JsonText } from './json-text.js';

/** An attribute as it is shown: docs/http-api.md, docs/json-view.md. */
interface AttributeJson {
  readonly class: string | null;
  /** Length of its own Java stream; null when it cannot be given as one. */
  readonly bytes: number | null;
  readonly value: Json;
}

/** Shows what Java streams hold. */
export class AttributeViewer {
  readonly #java: JavaLimits;
  readonly #view: ViewLimits;

  constructor(java: JavaLimits, view: ViewLimits) {
    this.#java = java;
    this.#view = view;
  }

  /** Every attribute of a group. The stream is read once. */
  *group(group: ShareGroup): Generator<readonly [name: string, json: JsonText]> {
    const values = this.#read(group);
    for (const [index, name] of group.names.entries()) {
      yield [name, jsonText(this.#attribute(group, index, values))];
    }
  }

  one(group: ShareGroup, index: number): JsonText {
    return jsonText(this.#attribute(group, index, this.#read(group)));
  }

  /** The one value of a stream as `show` shows it; null when it cannot be read. */
  value<T>(stream: Buffer, show: (value: JavaValue) => T): T | null {
    const values = this.#read({ names: [''], stream });
    const [value] = values instanceof TribesError ? [] : values;
    return value === undefined ? null : show(value);
  }

  /** An attribute as a Java stream of its own. Errors: TRIBES_E_API_UNCUT, TRIBES_E_JAVA_…. */
  stream({ names, stream, uncut }: ShareGroup, index: number): Buffer {
    if (uncut) {
      // The message that brought it: it holds other attributes, other sessions, and maybe passwords.
      throw new TribesError('TRIBES_E_API_UNCUT', { name: names[index] ?? '' });
    }
    if (names.length === 1) {
      return stream;
    }
    const value = scanStream(stream, this.#java).values[index];
    if (value === undefined) {
      throw new TribesError('TRIBES_E_API_UNCUT', { name: names[index] ?? '' });
    }
    return cut([value], this.#java);
  }

  #read({ stream, uncut }: ShareGroup): readonly JavaValue[] | TribesError {
    if (uncut) {
      return [];
    }
    try {
      return readStream(stream, this.#java).contents.filter(isValue);
    } catch (error) {
      return ours(error);
    }
  }

  #attribute(group: ShareGroup, index: number, values: readonly JavaValue[] | TribesError): AttributeJson {
    if (values instanceof TribesError) {
      return { class: null, bytes: null, value: { '@error': values.code, message: values.message } };
    }
    const value = values[index];
    if (value === undefined) {
      return { class: null, bytes: null, value: { '@opaque': 'uncut', bytes: group.stream.length } };
    }
    return {
      class: javaClassName(value),
      bytes: this.#length(group, index),
      value: jsonView(value, this.#view),
    };
  }

  #length(group: ShareGroup, index: number): number | null {
    try {
      return this.stream(group, index).length;
    } catch (error) {
      ours(error);
      return null;
    }
  }
}

function ours(error: unknown): TribesError {
  if (isTribesError(error)) {
    return error;
  }
  throw error;
}
