import type { Clock } from '../base/index.js';
import type { NodeView } from '../node/index.js';
import type { EventFeed, EventLog } from './event-log.js';
import { memberJson } from './member-json.js';

/** Writes what happens in the node into one log, while it is followed. */
export function eventFeed({ mirror, channel }: NodeView, clock: Clock): EventFeed {
  let followed: EventLog | null = null;
  channel.addMembershipListener({
    memberAdded(member) {
      if (followed !== null) {
        const data = { type: 'memberAdded', at: clock.now(), member: memberJson(member, 'member') };
        followed.append('member', null, data, member.info.domain.length);
      }
    },
    memberDisappeared(member, reason) {
      if (followed !== null) {
        const data = {
          type: 'memberDisappeared',
          at: clock.now(),
          reason,
          member: memberJson(member, 'member'),
        };
        followed.append('member', null, data, member.info.domain.length);
      }
    },
  });
  return (log) => {
    const unsubscribe = mirror.subscribe((event) => log.appendSession(event));
    followed = log;
    return () => {
      unsubscribe();
      followed = null;
    };
  };
}
