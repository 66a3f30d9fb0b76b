import type { PrimitiveType } from '../model.js';

/** A Java type as the source of a program has it. */
export type JavaType =
  | { readonly kind: 'primitive'; readonly code: PrimitiveType; readonly name: string }
  | { readonly kind: 'class'; readonly name: string }
  | { readonly kind: 'array'; readonly of: JavaType; readonly name: string };

const PRIMITIVES: ReadonlyMap<string, PrimitiveType> = new Map([
  ['byte', 'B'],
  ['char', 'C'],
  ['double', 'D'],
  ['float', 'F'],
  ['int', 'I'],
  ['long', 'J'],
  ['short', 'S'],
  ['boolean', 'Z'],
]);

/** Java allows 255 dimensions; nobody writes more than a few. */
const MAX_DIMENSIONS = 16;

const CLASS_NAME = /^[\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u;

/** `int`, `java.util.Map`, `shop.Cart$Item[]`; undefined for anything else. */
export function parseJavaType(text: string): JavaType | undefined {
  const dimensions = /(?:\[\])*$/.exec(text)?.[0].length ?? 0;
  const element = text.slice(0, text.length - dimensions);
  if (dimensions / 2 > MAX_DIMENSIONS || !CLASS_NAME.test(element)) {
    return undefined;
  }
  const code = PRIMITIVES.get(element);
  let type: JavaType =
    code === undefined ? { kind: 'class', name: element } : { kind: 'primitive', code, name: element };
  for (let left = dimensions; left > 0; left -= 2) {
    type = { kind: 'array', of: type, name: `${type.name}[]` };
  }
  return type;
}

/** As class files and field descriptors have it: `I`, `Ljava/util/Map;`, `[B`. */
export function signatureOf(type: JavaType): string {
  switch (type.kind) {
    case 'primitive':
      return type.code;
    case 'class':
      return `L${type.name.replaceAll('.', '/')};`;
    case 'array':
      return `[${signatureOf(type.of)}`;
  }
}

/** As `Class.getName()` has it: `[I`, `[Ljava.util.Map;`. */
export function arrayClassName(type: JavaType & { kind: 'array' }): string {
  return signatureOf(type).replaceAll('/', '.');
}
