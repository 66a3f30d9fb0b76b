import { javaClassName, jsonView, type Json } from '../java/views/index.js';
import { type JavaObject, type JavaValue } from '../java/index.js';

/** Who has logged in. Nothing else of the principal is shown: up to Tomcat 9.0 it holds the password. */
export interface PrincipalJson {
  readonly class: string | null;
  readonly name: Json;
  readonly roles: Json;
}

/**
 * Name and roles of `GenericPrincipal$SerializablePrincipal`, or of 7.0's `ha.session.SerializablePrincipal`; of any
 * other class only the class, for nobody knows which of its fields are secret.
 */
export function principalJson(principal: JavaValue): PrincipalJson {
  const className = javaClassName(principal);
  if (principal?.kind !== 'object' || !/\$?SerializablePrincipal$/.test(className ?? '')) {
    return { class: className, name: null, roles: null };
  }
  return { class: className, name: fieldView(principal, 'name'), roles: fieldView(principal, 'roles') };
}

function fieldView({ parts }: JavaObject, name: string): Json {
  for (const { desc, values } of parts) {
    const index =
      desc.kind === 'classDesc' ? desc.fields.findIndex((field) => field.name.value === name) : -1;
    const value = values?.[index];
    if (typeof value === 'object' && (value === null || isText(value))) {
      return jsonView(value);
    }
  }
  return null;
}

function isText(value: object): value is Exclude<JavaValue, null> {
  return 'kind' in value && (value.kind === 'string' || value.kind === 'array');
}
