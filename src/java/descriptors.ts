import { ClassFlags, type FieldType, type JavaClassDesc, type JavaField, type JavaString } from './model.js';

/** What a class descriptor is made of. */
export interface DescParts {
  readonly name: string;
  /** serialVersionUID; the low 64 bits count. */
  readonly suid: bigint;
  /** Union of ClassFlags; default: SERIALIZABLE. */
  readonly flags?: number;
  /**
   * Each as its JVM type signature, a blank and its name: `I size`, `[B data`, `Ljava/lang/String; name`. A JVM writes
   * primitives first, then the others, each sorted by name.
   */
  readonly fields?: readonly string[];
  readonly super?: JavaClassDesc;
}

/** Type strings are interned in a JVM, so each stands once in a stream: one node for each text. */
const signatures = new Map<string, JavaString>();

/**
 * A class descriptor. For constants of the program: the type strings are kept for ever, and the descriptor's identity is
 * what makes it stand once in a stream.
 */
export function descOf(parts: DescParts): JavaClassDesc {
  return {
    kind: 'classDesc',
    name: { value: parts.name },
    serialVersionUID: BigInt.asIntN(64, parts.suid),
    flags: parts.flags ?? ClassFlags.SERIALIZABLE,
    fields: (parts.fields ?? []).map(fieldFrom),
    annotation: [],
    superDesc: parts.super ?? null,
  };
}

function fieldFrom(spec: string): JavaField {
  const blank = spec.indexOf(' ');
  const signature = spec.slice(0, blank);
  const type = signature.charAt(0) as FieldType;
  const name = { value: spec.slice(blank + 1) };
  return type === 'L' || type === '[' ? { type, name, signature: internedType(signature) } : { type, name };
}

function internedType(signature: string): JavaString {
  let node = signatures.get(signature);
  if (node === undefined) {
    node = { kind: 'string', value: signature };
    signatures.set(signature, node);
  }
  return node;
}
