import type { JavaValue } from '../java/index.js';
import { ClassName } from './class-names.js';
import { ignoreDialect, type DialectObserver } from './dialect.js';
import { annotationInput } from './java-external.js';
import { expectObject, JavaFields } from './java-fields.js';
import { principalOf, type SerialPrincipal } from './principal.js';

/** One single sign-on, the value of ClusterSingleSignOn's map: `org.apache.catalina.authenticator.SingleSignOnEntry`. */
export interface SingleSignOnEntry {
  readonly canReauthenticate: boolean;
  readonly authType: string | null;
  readonly username: string | null;
  /** In clear. Never show it. */
  readonly password: string | null;
  readonly sessionKeys: readonly SingleSignOnSessionKey[];
  readonly principal: SerialPrincipal | null;
}

/** A session of the single sign-on: `org.apache.catalina.authenticator.SingleSignOnSessionKey`. */
export interface SingleSignOnSessionKey {
  readonly contextName: string | null;
  readonly hostName: string | null;
  readonly sessionId: string | null;
}

/** What may be shown of a single sign-on. The principal may be of any class, and may hold the password. */
export interface ShownSingleSignOn extends Omit<SingleSignOnEntry, 'password' | 'principal'> {
  readonly principal: JavaValue;
}

const LAYOUT = 'SingleSignOnEntry';
const KEY_LAYOUT = 'SingleSignOnSessionKey';

/** Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD, and those of the stream codec. */
export function singleSignOnEntryOf(
  value: JavaValue,
  observe: DialectObserver = ignoreDialect,
): SingleSignOnEntry {
  const { principal, ...shown } = shownSingleSignOnOf(value);
  const object = expectObject(LAYOUT, value, ClassName.SINGLE_SIGN_ON_ENTRY);
  const password = new JavaFields(LAYOUT, object, ClassName.SINGLE_SIGN_ON_ENTRY).string('password');
  return { ...shown, password, principal: principal && principalOf(principal, observe) };
}

/** The same without the password. */
export function shownSingleSignOnOf(value: JavaValue): ShownSingleSignOn {
  const object = expectObject(LAYOUT, value, ClassName.SINGLE_SIGN_ON_ENTRY);
  const fields = new JavaFields(LAYOUT, object, ClassName.SINGLE_SIGN_ON_ENTRY);
  const input = annotationInput(LAYOUT, object);
  return {
    canReauthenticate: fields.boolean('canReauthenticate'),
    authType: fields.string('authType'),
    username: fields.string('username'),
    sessionKeys: sessionKeysOf(fields.object('sessionKeys')),
    principal: input.readBoolean() ? input.readObject() : null,
  };
}

/** A ConcurrentHashMap writes its keys and values, and two nulls behind the last. */
function sessionKeysOf(value: JavaValue): SingleSignOnSessionKey[] {
  if (value === null) {
    return [];
  }
  const input = annotationInput(LAYOUT, expectObject(LAYOUT, value, ClassName.CONCURRENT_HASH_MAP));
  const keys: SingleSignOnSessionKey[] = [];
  for (let key = input.readObject(); key !== null; key = input.readObject()) {
    keys.push(sessionKeyOf(key));
    input.readObject();
  }
  return keys;
}

function sessionKeyOf(value: JavaValue): SingleSignOnSessionKey {
  const object = expectObject(KEY_LAYOUT, value, ClassName.SINGLE_SIGN_ON_SESSION_KEY);
  const fields = new JavaFields(KEY_LAYOUT, object, ClassName.SINGLE_SIGN_ON_SESSION_KEY);
  return {
    contextName: fields.string('contextName'),
    hostName: fields.string('hostName'),
    sessionId: fields.string('sessionId'),
  };
}
