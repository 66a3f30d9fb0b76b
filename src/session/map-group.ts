import type { Channel, MapGroup } from '../channel/index.js';
import type { Member } from '../membership/index.js';
import { NEWEST_DIALECT } from '../wire/index.js';
import { isMirror } from './continuity/mirror-member.js';

/** Members that can read each other's map messages. A mirror reads them all: it goes with the Tomcats. */
export function mapGroupOf(channel: Pick<Channel, 'members' | 'dialectOf'>, member: Member): MapGroup {
  if (!isMirror(member)) {
    return String(channel.dialectOf(member).memberImplUid);
  }
  const tomcats = channel.members().filter((other) => !isMirror(other));
  const [first] = tomcats.sort((a, b) => (a.uniqueId < b.uniqueId ? -1 : 1));
  return String((first === undefined ? NEWEST_DIALECT : channel.dialectOf(first)).memberImplUid);
}
