import { isTribesError, type SessionRecord, type ShareGroup } from '../base/index.js';
import { readObject, writeStream, type JavaValue } from '../java/index.js';
import { principalObject, principalOf } from '../wire/index.js';

/**
 * The one note that is known to hold no secret but the session's own id (`FormAuthenticator`). Others are passwords in
 * clear (`org.apache.catalina.session.PASSWORD`), whole requests with their bodies and headers
 * (`org.apache.catalina.authenticator.REQUEST`), or an authenticator's own, of which nothing is known.
 */
const HARMLESS_NOTE = 'org.apache.catalina.authenticator.SESSION_ID';

/** Principals within principals that are looked into. */
const MAX_WRAPPED = 16;

/**
 * `record` without passwords: a principal of Tomcat's stays, without its password, so that the user stays logged in; one
 * of another class, which may hold anything, goes, and so do all notes but one. Attributes are the application's, and
 * stay as they are, but for those that are uncut: theirs is the rest of a message, with other users' sessions and
 * principals in it. What a realm has wrapped into its principal stays.
 *
 * @returns also how many things are left out.
 */
export function withoutSecrets(record: SessionRecord): { record: SessionRecord; leftOut: number } {
  const attributes = record.attributes.filter(isCut);
  const notes = record.notes.filter(
    (note) => isCut(note) && note.names.every((name) => name === HARMLESS_NOTE),
  );
  const principal = record.principal && withoutPassword(record.principal);
  const leftOut =
    record.attributes.length -
    attributes.length +
    (record.notes.length - notes.length) +
    (principal === record.principal ? 0 : 1);
  return leftOut === 0
    ? { record, leftOut }
    : { record: { ...record, attributes, notes, principal }, leftOut };
}

const isCut = ({ uncut }: ShareGroup): boolean => uncut !== true;

/** `stream` itself where there is no password in it; null where that cannot be told. */
function withoutPassword(stream: Buffer): Buffer | null {
  try {
    const principal = readObject(stream);
    const stripped = strippedPrincipal(principal, 0);
    return stripped === principal ? stream : writeStream({ contents: [stripped] });
  } catch (error) {
    if (isTribesError(error)) {
      return null;
    }
    throw error;
  }
}

/** Error: TRIBES_E_WIRE_CLASS where it is none of Tomcat's. */
function strippedPrincipal(value: JavaValue, depth: number): JavaValue {
  const principal = principalOf(value);
  const userPrincipal = strippedWrapped(principal.userPrincipal, depth + 1);
  return principal.password === null && userPrincipal === principal.userPrincipal
    ? value
    : principalObject({ ...principal, password: null, userPrincipal }, principal.form);
}

/** What a realm of its own has wrapped stays; one principal of Tomcat's may wrap another one. */
function strippedWrapped(value: JavaValue, depth: number): JavaValue {
  try {
    return depth > MAX_WRAPPED ? null : strippedPrincipal(value, depth);
  } catch (error) {
    if (isTribesError(error, 'TRIBES_E_WIRE_CLASS')) {
      return value;
    }
    throw error;
  }
}
