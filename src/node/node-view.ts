import type { Registry } from 'prom-client';
import type { Channel, GroupChannel } from '../channel/index.js';
import type { ProgramMaps, SessionImporter, SessionMirror, SessionWriter } from '../session/index.js';

/** Whether the node can be asked: joined and synchronised (or nobody else is there), and able to store. */
export type Health = ({ readonly ready: true } | { readonly ready: false; readonly reason: string }) & {
  /** What has been lost from the store, and what to do about it; left out where nothing has. */
  readonly warnings?: readonly string[];
};

/** What the faces see of a running node. */
export interface NodeView {
  readonly mirror: SessionMirror;
  /** Null where nothing may be written (`write.enabled`). */
  readonly writer: SessionWriter | null;
  readonly importer: SessionImporter;
  /** Replicated maps that are no sessions. */
  readonly maps: Pick<ProgramMaps, 'mayWrite' | 'open' | 'close' | 'put' | 'remove'>;
  readonly channel: Pick<Channel, 'local' | 'members' | 'addMembershipListener'> &
    Pick<GroupChannel, 'problemOf'>;
  /** Prometheus metrics. */
  readonly metrics: Registry;
  health(): Health;
}
