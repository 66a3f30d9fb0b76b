import {
  TribesError,
  isTribesError,
  type JavaLimits,
  type ShareGroup,
  type ViewLimits,
} from '../base/index.js';
import { readStream, type JavaStream, type JavaValue, type OpaqueBytes } from '../java/index.js';
import { javaClassName, jsonView, type Json } from '../java/views/index.js';
import { isValue } from '../java/contents.js';
import { jsonText, type JsonText } from './json-text.js';
const cutValue = (stream: Buffer, _index: number, _limits: JavaLimits): Buffer => stream;

/** An attribute as it is shown: docs/http-api.md, docs/json-view.md. */
interface AttributeJson {
  readonly class: string | null;
  /** Length of its own Java stream; null when it cannot be given as one. */
  readonly bytes: number | null;
  readonly value: Json;
}

/** A group's stream, read: its values, and what stands in place of those that are not there. */
interface ReadGroup {
  readonly values: readonly JavaValue[];
  readonly rest: Omit<AttributeJson, 'bytes'>;
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
    const read = this.#read(group.stream);
    for (const [index, name] of group.names.entries()) {
      yield [name, this.#text(group, index, read)];
    }
  }

  one(group: ShareGroup, index: number): JsonText {
    return this.#text(group, index, this.#read(group.stream));
  }

  /** The first value of a stream as `show` shows it; null when it cannot be read. */
  first<T>(stream: Buffer, show: (value: JavaValue) => T): T | null {
    const [value] = this.#read(stream).values;
    return value === undefined ? null : show(value);
  }

  /** An attribute as a Java stream of its own. Errors: TRIBES_E_JAVA_…. */
  stream({ names, stream }: ShareGroup, index: number): Buffer {
    return names.length === 1 ? stream : cutValue(stream, index, this.#java);
  }

  #read(stream: Buffer): ReadGroup {
    try {
      const { contents, opaque } = readStream(stream, this.#java);
      return { values: contents.filter(isValue), rest: opaqueView(opaque) };
    } catch (error) {
      return { values: [], rest: { class: null, value: errorView(error) } };
    }
  }

  #text(group: ShareGroup, index: number, { values, rest }: ReadGroup): JsonText {
    const value = values[index];
    const shown =
      value === undefined ? rest : { class: javaClassName(value), value: jsonView(value, this.#view) };
    return jsonText({ class: shown.class, bytes: this.#length(group, index), value: shown.value });
  }

  #length(group: ShareGroup, index: number): number | null {
    try {
      return this.stream(group, index).length;
    } catch (error) {
      if (isTribesError(error)) {
        return null;
      }
      throw error;
    }
  }
}

/** What begins with a value that cannot be understood without its class. */
function opaqueView(opaque: OpaqueBytes | undefined): ReadGroup['rest'] {
  if (opaque === undefined) {
    return { class: null, value: null };
  }
  const { reason, className, bytes } = opaque;
  return { class: className, value: { '@opaque': reason, '@class': className, bytes: bytes.length } };
}

function errorView(error: unknown): Json {
  if (error instanceof TribesError) {
    return { '@error': error.code, message: error.message };
  }
  throw error;
}
