import { TribesError } from '../../base/index.js';
import { descOf } from '../descriptors.js';
import { ClassFlags, type JavaClassDesc } from '../model.js';
import { parseJavaType, signatureOf, type JavaType } from './java-type.js';

/** Java fields by name, each with its Java type as the source of the class has it: `int`, `java.util.Date[]`. */
export type FieldTypes = Readonly<Record<string, string>>;

/** What a class writes of an object: its descriptor, and its fields in the order of that. */
export interface ClassLayout {
  readonly desc: JavaClassDesc;
  readonly fields: readonly LaidOutField[];
}

export interface LaidOutField {
  readonly name: string;
  readonly type: JavaType;
}

export interface ClassLayoutParts {
  readonly className: string;
  readonly serialVersionUID: bigint | null;
  readonly fields: FieldTypes;
  readonly superclass: { readonly className: string; readonly layout: ClassLayout | null } | null;
  /** What the class writes itself. */
  readonly writes: 'fields' | 'writeObject' | 'writeExternal';
}

const FLAGS = {
  fields: ClassFlags.SERIALIZABLE,
  writeObject: ClassFlags.SERIALIZABLE | ClassFlags.WRITE_METHOD,
  writeExternal: ClassFlags.EXTERNALIZABLE | ClassFlags.BLOCK_DATA,
} as const;

/** How objects of a class are written. Error: TRIBES_E_JAVA_REGISTRATION. */
export function classLayout(parts: ClassLayoutParts): ClassLayout {
  const { className, serialVersionUID, superclass, writes } = parts;
  if (serialVersionUID === null) {
    throw registrationError(className, 'to be written it needs a serialVersionUID');
  }
  if (superclass?.layout === null) {
    throw registrationError(className, `its superclass ${superclass.className} is registered without fields`);
  }
  const fields = Object.entries(parts.fields).map(([name, text]) => ({
    name,
    type: typeOf(className, name, text),
  }));
  if (writes === 'writeExternal' && fields.length > 0) {
    throw registrationError(className, 'it has writeExternal, and so no fields in the stream');
  }
  fields.sort(inOrderOfJvm);
  const desc = descOf({
    name: className,
    suid: serialVersionUID,
    flags: FLAGS[writes],
    fields: fields.map(({ name, type }) => `${signatureOf(type)} ${name}`),
    ...(superclass === null ? {} : { super: superclass.layout.desc }),
  });
  return { desc, fields };
}

export function registrationError(className: string, problem: string): TribesError {
  return new TribesError('TRIBES_E_JAVA_REGISTRATION', { className, problem });
}

function typeOf(className: string, name: string, text: string): JavaType {
  const type = parseJavaType(text);
  if (type === undefined || name === '') {
    throw registrationError(className, `the type "${text}" of its field ${name} is none of Java's`);
  }
  return type;
}

/** `ObjectStreamField.compareTo`: primitives first, each sort by name. */
function inOrderOfJvm(a: LaidOutField, b: LaidOutField): number {
  const byKind = Number(b.type.kind === 'primitive') - Number(a.type.kind === 'primitive');
  return byKind || (a.name < b.name ? -1 : 1);
}
