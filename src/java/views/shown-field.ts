import type { JavaClassDesc, JavaField, JavaFieldValue } from '../model.js';
import { shortestFloat } from './numbers.js';

/** Fields of Tomcat's classes that hold a password in clear text, by class. */
const SECRET_FIELDS = new Map([
  ['org.apache.catalina.realm.GenericPrincipal$SerializablePrincipal', 'password'],
  ['org.apache.catalina.ha.session.SerializablePrincipal', 'password'],
  ['org.apache.catalina.authenticator.SingleSignOnEntry', 'password'],
]);

const REDACTED: JavaFieldValue = { kind: 'string', value: '[redacted]' };

/** The value of a field as a view shows it: no password, and a float with the fewest digits that give the same float. */
export function shownField(
  desc: JavaClassDesc,
  { name, type }: JavaField,
  value: JavaFieldValue,
): JavaFieldValue {
  if (value !== null && SECRET_FIELDS.get(desc.name.value) === name.value) {
    return REDACTED;
  }
  return type === 'F' && typeof value === 'number' ? shortestFloat(value) : value;
}
