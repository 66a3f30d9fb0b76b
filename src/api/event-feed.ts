import type { Clock } from '../base/index.js';
import type { NodeView } from '../node/index.js';
import type { EventLog } from './event-log.js';
import { memberJson } from './member-json.js';

/** Writes what happens in the node into the log, until the returned function is called. */
export function feedEvents(node: NodeView, log: EventLog, clock: Clock): () => void {
  let open = true;
  const unsubscribe = node.mirror.subscribe((event) => log.appendSession(event));
  node.channel.addMembershipListener({
    memberAdded(member) {
      if (open) {
        const data = { type: 'memberAdded', at: clock.now(), member: memberJson(member, 'member') };
        log.append('member', null, data, member.info.domain.length);
      }
    },
    memberDisappeared(member, reason) {
      if (open) {
        const data = {
          type: 'memberDisappeared',
          at: clock.now(),
          reason,
          member: memberJson(member, 'member'),
        };
        log.append('member', null, data, member.info.domain.length);
      }
    },
  });
  return () => {
    open = false;
    unsubscribe();
  };
}
