import { randomBytes } from 'node:crypto';
import { sessionId, type SessionId } from '../../base/index.js';

/** `sessionIdLength` of Tomcat's id generators, in bytes. */
const ID_BYTES = 16;

/**
 * A new session id in the form of Tomcat's (`StandardSessionIdGenerator.generateSessionId`): 32 upper-case hexadecimal
 * digits out of the system's secure random numbers, then a dot and the route, if there is one.
 */
export function newSessionId(jvmRoute = ''): SessionId {
  const digits = randomBytes(ID_BYTES).toString('hex').toUpperCase();
  return sessionId(jvmRoute === '' ? digits : `${digits}.${jvmRoute}`);
}

/** What stands behind the first dot of an id (`JvmRouteBinderValve`); empty where there is none. */
export function routeOf(id: SessionId): string {
  const dot = id.indexOf('.');
  return dot < 0 ? '' : id.slice(dot + 1);
}
