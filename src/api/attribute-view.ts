import {
  TribesError,
  isTribesError,
  type JavaLimits,
  type ShareGroup,
  type ViewLimits,
} from '../base/index.js';
import {
  attributeStream,
  isValue,
  javaClassName,
  jsonView,
  readStream,
  uncutValueOf,
  type JavaValue,
  type Json,
} from '../java/index.js';

/** An attribute as it is shown: docs/http-api.md, docs/json-view.md. */
export interface AttributeJson {
  readonly class: string | null;
  /** Length of its own Java stream; null when it cannot be given as one. */
  readonly bytes: number | null;
  readonly value: Json;
}

export interface ShownLimits {
  readonly java: JavaLimits;
  readonly view: ViewLimits;
}

/** Every attribute of a group, in the order of their names. The stream is read once. */
export function* groupViews(group: ShareGroup, limits: ShownLimits): Generator<AttributeJson> {
  const values = valuesOf(group, limits.java);
  for (const index of group.names.keys()) {
    yield attributeView(group, index, values, limits);
  }
}

/** The attribute `index` of a group. */
export function oneView(group: ShareGroup, index: number, limits: ShownLimits): AttributeJson {
  return attributeView(group, index, valuesOf(group, limits.java), limits);
}

export function failedView({ code, message }: TribesError): AttributeJson {
  return { class: null, bytes: null, value: { '@error': code, message } };
}

function valuesOf({ stream, uncut }: ShareGroup, java: JavaLimits): readonly JavaValue[] | TribesError {
  if (uncut) {
    return [];
  }
  try {
    return readStream(stream, java).contents.filter(isValue);
  } catch (error) {
    return ours(error);
  }
}

function attributeView(
  group: ShareGroup,
  index: number,
  values: readonly JavaValue[] | TribesError,
  { java, view }: ShownLimits,
): AttributeJson {
  if (values instanceof TribesError) {
    return failedView(values);
  }
  const value = values[index];
  if (value === undefined) {
    return { class: null, bytes: null, value: uncutView(group.stream, java) };
  }
  return { class: javaClassName(value), bytes: lengthOf(group, index, java), value: jsonView(value, view) };
}

/** Says why, and never what: the bytes that are kept may be of other sessions. */
function uncutView(stream: Buffer, java: JavaLimits): Json {
  const uncut = uncutValueOf(stream, java);
  return uncut === undefined
    ? { '@opaque': 'uncut', bytes: stream.length }
    : { '@opaque': uncut.reason, '@class': uncut.className, bytes: uncut.bytes.length };
}

function lengthOf(group: ShareGroup, index: number, java: JavaLimits): number | null {
  try {
    return attributeStream(group, index, java).length;
  } catch (error) {
    ours(error);
    return null;
  }
}

function ours(error: unknown): TribesError {
  if (isTribesError(error)) {
    return error;
  }
  throw error;
}
