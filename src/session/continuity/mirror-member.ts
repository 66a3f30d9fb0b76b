import type { Member } from '../../membership/index.js';
import { mirrorVersionOf } from '../../wire/index.js';

/** Whether the member is a node such as this one, and no Tomcat. */
export function isMirror({ info }: Member): boolean {
  return mirrorVersionOf(info.payload) !== null;
}
