import type { ShareGroup } from '../../base/index.js';
import type { FullMaps } from './full-maps.js';

/**
 * The attributes of a replicated web application (`org.apache.catalina.ha.context.ReplicatedContext`), each in a group of its own;
 * undefined where there is no such map. It may be named as managers name it, with its host: Tomcat's own map has the
 * name of the context alone, so that contexts of several hosts share one.
 */
export function contextAttributes(
  maps: Pick<FullMaps, 'get'>,
  context: string,
): readonly ShareGroup[] | undefined {
  const map = [context, context.slice(context.indexOf('#/') + 1), context.endsWith('#') ? '' : context]
    .map((name) => maps.get(name))
    .find((candidate) => candidate?.kind === 'context');
  return (
    map && [...map.keys()].sort().map((key) => ({ names: [key], stream: map.value(key) ?? Buffer.alloc(0) }))
  );
}
