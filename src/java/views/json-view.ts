import { completeLimits, defaultViewLimits, type ViewLimits } from '../../base/index.js';
import { isValue } from '../contents.js';
import type {
  JavaClassData,
  JavaContent,
  JavaFieldValue,
  JavaObject,
  JavaPrimitiveArray,
  JavaValue,
} from '../model.js';
import { descName } from './class-name.js';
import { containerClass, contentsOf, partsBelow, type Contents } from './containers.js';
import { cellAt, cellCount, charsOf, isRaw, jsonLong, jsonNumber, rawPrimitive, setBits } from './numbers.js';
import { isReference } from './parts.js';
import { scalarOf } from './scalars.js';
import { shownField } from './shown-field.js';

/** A JSON value; its objects have no prototype, so that no name in a stream can reach one. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/**
 * The JSON view of a Java value, by the rules of `docs/json-view.md`: containers that are met again are references
 * (`{"@ref": "#/a/0"}`), and what exceeds the limits is cut, and says so. Never throws for what a stream holds.
 * Limits that are not given have their defaults. Error: TRIBES_E_LIBRARY_LIMIT.
 */
export function jsonView(value: JavaValue, limits?: Partial<ViewLimits>): Json {
  return new JsonView(completeLimits(defaultViewLimits, limits)).show(value, ROOT, 0);
}

/** Where a value stands in the view: a JSON pointer, as a list from its end. */
interface Place {
  readonly parent: Place | null;
  readonly token: string | number;
}

const ROOT: Place = { parent: null, token: '' };

class JsonView {
  private readonly limits: ViewLimits;
  private readonly seen = new Map<object, Place>();
  private nodes = 0;
  private text = 0;

  constructor(limits: ViewLimits) {
    this.limits = limits;
  }

  show(value: JavaValue, place: Place, depth: number): Json {
    this.nodes++;
    if (value === null) {
      return null;
    }
    switch (value.kind) {
      case 'string':
        return this.textOf(value.value);
      case 'enum':
        return this.textOf(value.constant.value);
      case 'class':
        return tagged('java.lang.Class', {
          name: value.desc === null ? null : this.textOf(descName(value.desc)),
        });
      case 'classDesc':
      case 'proxyDesc':
        return tagged('java.io.ObjectStreamClass', { name: this.textOf(descName(value)) });
      default:
        return this.container(value, place, depth);
    }
  }

  private container(
    value: Exclude<JavaValue, null> & { kind: 'object' | 'array' | 'primitiveArray' },
    place: Place,
    depth: number,
  ): Json {
    if (value.kind === 'object') {
      const scalar = scalarOf(value, descName(value.desc));
      if (scalar) {
        return typeof scalar.json === 'string' ? this.textOf(scalar.json) : scalar.json;
      }
    }
    const known = this.seen.get(value);
    if (known) {
      return { '@ref': this.textOf(pointer(known)) };
    }
    this.seen.set(value, place);
    if (depth >= this.limits.maxViewDepth) {
      return truncated('depth');
    }
    switch (value.kind) {
      case 'array':
        return this.list(value.elements, place, depth);
      case 'primitiveArray':
        return this.primitives(value);
      case 'object':
        return this.object(value, place, depth);
    }
  }

  private object(object: JavaObject, place: Place, depth: number): Json {
    const holder = containerClass(object);
    const contents = holder === undefined ? undefined : contentsOf(object, holder);
    const own = descName(object.desc);
    if (!contents) {
      return this.fields(object, place, depth);
    }
    if (own === holder || own.startsWith('java.')) {
      return this.contents(contents, place, depth);
    }
    const view = this.fields(object, place, depth, partsBelow(object, holder));
    view['@value'] = this.contents(contents, { parent: place, token: '@value' }, depth + 1);
    return view;
  }

  private contents(contents: Contents, place: Place, depth: number): Json {
    switch (contents.kind) {
      case 'list':
      case 'set':
        return this.list(contents.elements, place, depth);
      case 'map':
        return this.map(contents.entries, place, depth);
      case 'copies':
        return this.listOf(contents.count, (index) =>
          this.show(contents.element, { parent: place, token: index }, depth + 1),
        );
      case 'bits':
        return this.bits(contents.words);
      case 'wrapper':
        return this.show(contents.of, place, depth + 1);
    }
  }

  private list(elements: readonly JavaValue[], place: Place, depth: number): Json {
    return this.listOf(elements.length, (index) =>
      this.show(elements[index] ?? null, { parent: place, token: index }, depth + 1),
    );
  }

  private listOf(count: number, show: (index: number) => Json): Json[] {
    const view: Json[] = [];
    for (let index = 0; index < count; index++) {
      if (this.isFull()) {
        view.push(truncated(count - index));
        break;
      }
      view.push(show(index));
    }
    return view;
  }

  private map(entries: readonly (readonly [JavaValue, JavaValue])[], place: Place, depth: number): Json {
    const names = entries.map(([key]) =>
      key?.kind === 'string' && !key.value.startsWith('@') ? key.value : null,
    );
    // Two keys that are equal once shown would hide one of the entries.
    if (names.includes(null) || new Set(names).size < names.length) {
      return this.listOf(entries.length, (index) =>
        this.pair(entries[index], { parent: place, token: index }, depth),
      );
    }
    const view = bare();
    for (const [index, [, value]] of entries.entries()) {
      if (this.isFull()) {
        view['@truncated'] = entries.length - index;
        break;
      }
      const name = names[index] ?? '';
      this.text += name.length;
      view[name] = this.show(value, { parent: place, token: name }, depth + 1);
    }
    return view;
  }

  private pair(entry: readonly [JavaValue, JavaValue] | undefined, place: Place, depth: number): Json {
    const [key, value] = entry ?? [null, null];
    return [
      this.show(key, { parent: place, token: 0 }, depth + 1),
      this.show(value, { parent: place, token: 1 }, depth + 1),
    ];
  }

  private bits(words: Buffer): Json {
    if (!this.room(words.length)) {
      return truncated(words.length * 8);
    }
    const set = setBits(words, this.limits.maxViewNodes + 1);
    return this.listOf(set.length, (index) => {
      this.nodes++;
      return set[index] ?? null;
    });
  }

  private primitives(array: JavaPrimitiveArray): Json {
    const { type, bytes } = array;
    if (type === 'B') {
      return this.room((bytes.length * 4) / 3)
        ? this.textOf(bytes.toString('base64'))
        : truncated(bytes.length);
    }
    if (type === 'C') {
      return this.room(bytes.length / 2) ? this.textOf(charsOf(bytes)) : truncated(bytes.length / 2);
    }
    return this.listOf(cellCount(type, bytes), (index) => {
      this.nodes++;
      return this.primitive(cellAt(type, bytes, index));
    });
  }

  /** An object of any other class, field by field. */
  private fields(
    object: JavaObject,
    place: Place,
    depth: number,
    parts: readonly JavaClassData[] = object.parts,
  ): { [name: string]: Json } {
    const view = tagged(this.textOf(descName(object.desc)), {});
    if (object.desc.kind === 'proxyDesc') {
      view['@interfaces'] = object.desc.interfaces.map((name) => this.textOf(name.value));
    }
    const lowest = lowestDeclaring(object);
    const data: Json[] = [];
    const dataPlace = { parent: place, token: isExternalizable(object) ? '@external' : '@data' };
    for (const part of parts) {
      this.partFields(part, view, lowest, place, depth);
      for (const content of part.annotation ?? []) {
        data.push(this.written(content, { parent: dataPlace, token: data.length }, depth + 1));
      }
    }
    if (data.length > 0) {
      view[dataPlace.token] = data;
    }
    return view;
  }

  private partFields(
    part: JavaClassData,
    view: { [name: string]: Json },
    lowest: Map<string, JavaClassData>,
    place: Place,
    depth: number,
  ): void {
    if (part.desc.kind !== 'classDesc' || part.values === null) {
      return;
    }
    for (const [index, field] of part.desc.fields.entries()) {
      const { name } = field;
      const shown = name.value.startsWith('@') ? `@${name.value}` : name.value;
      const key = lowest.get(name.value) === part ? shown : `${part.desc.name.value}.${shown}`;
      this.text += key.length;
      const value = shownField(part.desc, field, part.values[index] ?? null);
      view[key] = this.isFull()
        ? truncated(1)
        : this.fieldValue(value, { parent: place, token: key }, depth + 1);
    }
  }

  private fieldValue(value: JavaFieldValue, place: Place, depth: number): Json {
    return isReference(value) ? this.show(value, place, depth) : this.primitive(value);
  }

  private primitive(value: Exclude<JavaFieldValue, JavaValue>): Json {
    switch (typeof value) {
      case 'boolean':
        return value;
      case 'string':
        return this.textOf(value);
      case 'bigint':
        return jsonLong(value);
      case 'number':
        return jsonNumber(value);
      default:
        return isRaw(value) ? jsonPrimitive(rawPrimitive(value)) : null;
    }
  }

  /** What writeObject or writeExternal wrote: an object, or primitive data. */
  private written(content: JavaContent, place: Place, depth: number): Json {
    if (isValue(content)) {
      return this.isFull() ? truncated(1) : this.show(content, place, depth);
    }
    if (content.kind === 'blockData') {
      return this.room((content.bytes.length * 4) / 3)
        ? { '@bytes': this.textOf(content.bytes.toString('base64')) }
        : truncated(content.bytes.length);
    }
    return { '@stream': content.kind };
  }

  private textOf(text: string): Json {
    if (!this.room(text.length)) {
      return truncated(text.length);
    }
    this.text += text.length;
    return text;
  }

  private room(length: number): boolean {
    return this.text + length <= this.limits.maxViewText;
  }

  private isFull(): boolean {
    return this.nodes >= this.limits.maxViewNodes || this.text >= this.limits.maxViewText;
  }
}

function jsonPrimitive(value: boolean | number): Json {
  return typeof value === 'number' ? jsonNumber(value) : value;
}

/** The lowest class of the hierarchy that declares each field name. */
function lowestDeclaring(object: JavaObject): Map<string, JavaClassData> {
  const lowest = new Map<string, JavaClassData>();
  for (const part of object.parts) {
    if (part.desc.kind === 'classDesc') {
      for (const { name } of part.desc.fields) {
        lowest.set(name.value, part);
      }
    }
  }
  return lowest;
}

const EXTERNALIZABLE = 0x04;

function isExternalizable(object: JavaObject): boolean {
  return object.desc.kind === 'classDesc' && (object.desc.flags & EXTERNALIZABLE) !== 0;
}

function bare(): { [name: string]: Json } {
  return Object.create(null) as { [name: string]: Json };
}

function tagged(className: Json, members: { [name: string]: Json }): { [name: string]: Json } {
  return Object.assign(bare(), { '@class': className }, members);
}

function truncated(what: number | 'depth'): Json {
  return { '@truncated': what };
}

function pointer(place: Place): string {
  const tokens: string[] = [];
  for (let at = place; at.parent !== null; at = at.parent) {
    tokens.unshift(String(at.token).replaceAll('~', '~0').replaceAll('/', '~1'));
  }
  return ['#', ...tokens].join('/');
}
