import type { StaticMember } from '../../base/index.js';

/** The attributes of Tomcat's `StaticMembershipService`, under their own names. */
export interface StaticMembershipSettings {
  /** Where members may be; we may be among them. */
  readonly members: readonly StaticMember[];
  /** Name of the channel of the Tomcats, `<name of the Engine or Host>-Channel`: only members of one name see each other. */
  readonly channelName: string;
  /** Milliseconds of silence after which a member is taken for gone. */
  readonly expirationTime: number;
  /** Milliseconds for a connection to come about. */
  readonly connectTimeout: number;
  /** Milliseconds for which answers are waited for. */
  readonly rpcTimeout: number;
  /** Whether members are asked every `pingInterval`, and not with the heartbeat of the channel. */
  readonly useThread: boolean;
  /** Milliseconds between two rounds of questions, with `useThread`. */
  readonly pingInterval: number;
}

export const defaultStaticMembershipSettings: StaticMembershipSettings = {
  members: [],
  channelName: 'Catalina-Channel',
  expirationTime: 5000,
  connectTimeout: 500,
  rpcTimeout: 3000,
  useThread: false,
  pingInterval: 1000,
};
