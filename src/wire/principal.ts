import {
  descOf,
  type JavaObject,
  type JavaValue,
  type ObjectInput,
  type ObjectOutput,
} from '../java/index.js';
import { ClassName } from './class-names.js';
import { ignoreDialect, type DialectObserver, type PrincipalForm } from './dialect.js';
import { javaObject, javaStringOrNull, stringArrayOrNull } from './java-build.js';
import { readCount } from './java-external.js';
import { expectObject, JavaFields, nameOf, stringElements } from './java-fields.js';

/** A serialised `GenericPrincipal`. What a form lacks is null when read, and dropped when written. */
export interface SerialPrincipal {
  readonly form: PrincipalForm;
  readonly name: string | null;
  /** In clear. Never show it. */
  readonly password: string | null;
  readonly roles: readonly (string | null)[] | null;
  /** The wrapped user principal. */
  readonly userPrincipal: JavaValue;
  /** A java.util.Map. */
  readonly attributes: JavaValue;
}

/** A principal in a whole session of 7.0, which is no object there (`SerializablePrincipal.writePrincipal`). */
export interface HaPrincipal<V> {
  readonly name: string;
  /** In clear. Never show it. */
  readonly password: string | null;
  readonly roles: readonly string[];
  readonly userPrincipal: V | null;
}

const LAYOUT = 'principal';
const STRING = 'Ljava/lang/String;';
const NAME = `${STRING} name`;
const PASSWORD = `${STRING} password`;
const ATTRIBUTES = 'Ljava/util/Map; attributes';
const PRINCIPAL = 'Ljava/security/Principal; principal';
const ROLES = '[Ljava/lang/String; roles';

const nested = (...fields: string[]) => descOf({ name: ClassName.SERIALIZABLE_PRINCIPAL, suid: 1n, fields });

const DESCS = {
  ha: descOf({
    name: ClassName.HA_SERIALIZABLE_PRINCIPAL,
    suid: 1n,
    fields: [NAME, PASSWORD, ROLES, 'Ljava/security/Principal; userPrincipal'],
  }),
  password: nested(NAME, PASSWORD, PRINCIPAL, ROLES),
  'attributes-password': nested(ATTRIBUTES, NAME, PASSWORD, PRINCIPAL, ROLES),
  plain: nested(NAME, PRINCIPAL, ROLES),
  attributes: nested(ATTRIBUTES, NAME, PRINCIPAL, ROLES),
} as const;

/** Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD. */
export function principalOf(value: JavaValue, observe: DialectObserver = ignoreDialect): SerialPrincipal {
  const isHa = value?.kind === 'object' && nameOf(value.desc) === ClassName.HA_SERIALIZABLE_PRINCIPAL;
  const className = isHa ? ClassName.HA_SERIALIZABLE_PRINCIPAL : ClassName.SERIALIZABLE_PRINCIPAL;
  const fields = new JavaFields(LAYOUT, expectObject(LAYOUT, value, className), className);
  const form = isHa ? 'ha' : formOf(fields);
  observe({ seen: 'principal', form });
  return {
    form,
    name: fields.string('name'),
    password: fields.string('password'),
    roles: stringElements(LAYOUT, 'roles', fields.object('roles')),
    userPrincipal: fields.object(isHa ? 'userPrincipal' : 'principal'),
    attributes: fields.object('attributes'),
  };
}

function formOf(fields: JavaFields): PrincipalForm {
  if (fields.has('password')) {
    return fields.has('attributes') ? 'attributes-password' : 'password';
  }
  return fields.has('attributes') ? 'attributes' : 'plain';
}

/** A principal as the object that a peer of `form` knows. A wrapped principal is passed on as it is. */
export function principalObject(principal: SerialPrincipal, form: PrincipalForm): JavaObject {
  const name = javaStringOrNull(principal.name);
  const password = javaStringOrNull(principal.password);
  const roles = stringArrayOrNull(principal.roles);
  const { userPrincipal, attributes } = principal;
  const values = {
    ha: [name, password, roles, userPrincipal],
    password: [name, password, userPrincipal, roles],
    'attributes-password': [attributes, name, password, userPrincipal, roles],
    plain: [name, userPrincipal, roles],
    attributes: [attributes, name, userPrincipal, roles],
  };
  return javaObject(DESCS[form], values[form]);
}

/** Error: TRIBES_E_WIRE_FIELD, and those of the stream codec. */
export function readHaPrincipal<V>(input: ObjectInput<V>): HaPrincipal<V> {
  const name = input.readUTF();
  const password = input.readBoolean() ? input.readUTF() : null;
  const roles: string[] = [];
  for (let left = readCount(LAYOUT, 'number of roles', input.readInt()); left > 0; left--) {
    roles.push(input.readUTF());
  }
  return { name, password, roles, userPrincipal: input.readBoolean() ? input.readObject() : null };
}

export function writeHaPrincipal<V>(principal: HaPrincipal<V>, output: ObjectOutput<V>): void {
  output.writeUTF(principal.name);
  output.writeBoolean(principal.password !== null);
  if (principal.password !== null) {
    output.writeUTF(principal.password);
  }
  output.writeInt(principal.roles.length);
  for (const role of principal.roles) {
    output.writeUTF(role);
  }
  output.writeBoolean(principal.userPrincipal !== null);
  if (principal.userPrincipal !== null) {
    output.writeObject(principal.userPrincipal);
  }
}
