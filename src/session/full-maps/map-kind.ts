import { MAP_NAME_ENCODING, SEND_OPTIONS } from '../../wire/index.js';
import { MAP_SUFFIX } from '../backup/backup-manager.js';
import { MAX_MAP_NAME_BYTES } from '../map-directory.js';

/**
 * Whose map it is.
 * - `sso`: of a ClusterSingleSignOn, `<cluster name>-SSO-cache`.
 * - `context`: of a ReplicatedContext, named as that is: `/app`, `/app##2`, and the empty name for the root.
 * - `plain`: of a program.
 */
export type MapKind = 'sso' | 'context' | 'plain';

/** `ClusterSingleSignOn.startInternal`. */
const SSO_SUFFIX = '-SSO-cache';

/** What the map of that id is, if it is one that the node looks for. */
export function mapKindOf(mapId: Buffer): { readonly name: string; readonly kind: MapKind } | undefined {
  if (mapId.length > MAX_MAP_NAME_BYTES) {
    return undefined;
  }
  const name = mapId.toString(MAP_NAME_ENCODING);
  if (name.endsWith(MAP_SUFFIX)) {
    return undefined;
  }
  if (name.endsWith(SSO_SUFFIX)) {
    return { name, kind: 'sso' };
  }
  return name === '' || name.startsWith('/') || name.includes('#/') ? { name, kind: 'context' } : undefined;
}

/** What Tomcat sends the messages of such a map with. */
export const MAP_SEND_OPTIONS: Readonly<Record<MapKind, number>> = {
  sso: SEND_OPTIONS.USE_ACK | SEND_OPTIONS.SYNCHRONIZED_ACK,
  context: SEND_OPTIONS.USE_ACK,
  plain: SEND_OPTIONS.USE_ACK | SEND_OPTIONS.SYNCHRONIZED_ACK,
};
