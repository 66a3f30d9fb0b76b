import type { Member } from '../../membership/index.js';
import { mirrorVersionOf } from '../../wire/index.js';

/** Whether the member is a node such as this one, and no Tomcat: those say nothing, as a rule. */
export function isMirror({ info: { payload } }: Member): boolean {
  return payload.length > 0 && mirrorVersionOf(payload) !== null;
}
