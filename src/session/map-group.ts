import type { Channel, MapGroup } from '../channel/index.js';
import type { Member } from '../membership/index.js';
import { isMirror } from './continuity/mirror-member.js';

/** Members that can read each other's map messages; null for a mirror, which reads them all, and is a member of each group's map. */
export function mapGroupOf(channel: Pick<Channel, 'dialectOf'>, member: Member): MapGroup | null {
  return isMirror(member) ? null : String(channel.dialectOf(member).memberImplUid);
}
