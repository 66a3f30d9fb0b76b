import type { SessionId } from './brands.js';

/**
 * The route of a session id, `jvm1` of `5A…E2.jvm1`: what a load balancer goes by, the `jvmRoute` of the Engine that serves
 * the session. Null where it has none. All behind the first dot, as `JvmRouteBinderValve.handleJvmRoute` takes it.
 */
export function routeOf(id: SessionId): string | null {
  const dot = id.indexOf('.');
  return dot > 0 ? id.slice(dot + 1) : null;
}
