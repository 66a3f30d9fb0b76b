/** The attributes of Tomcat's `<Membership className="…McastService">`, under their own names. */
export interface McastSettings {
  /** Multicast group: IPv4 or IPv6 address. */
  readonly address: string;
  /** UDP port of the group, 1 to 65535. */
  readonly port: number;
  /** Milliseconds between our heartbeats. */
  readonly frequency: number;
  /** Milliseconds of silence after which a member is taken for gone. */
  readonly dropTime: number;
  /** Address of the interface to use; undefined: the system's default multicast interface. */
  readonly bind?: string | undefined;
  /** IP time to live of what we send, 0 to 255; less than 0: the system's default, 1. */
  readonly ttl: number;
  /** Milliseconds between looks for silent members while listening; 0 or less: the frequency. */
  readonly soTimeout: number;
  /** True: other nodes on this host do not hear us, nor we them. */
  readonly localLoopbackDisabled: boolean;
  /** Whether to make a new socket after `recoveryCounter` errors in a row. */
  readonly recoveryEnabled: boolean;
  readonly recoveryCounter: number;
  /** Milliseconds between attempts to make a new socket; they go on without limit. */
  readonly recoverySleepTime: number;
  /** As `parseDomain` reads it. */
  readonly domain: string;
  /** Application bytes in every heartbeat. */
  readonly payload: Buffer;
}

export const defaultMcastSettings: McastSettings = {
  address: '228.0.0.4',
  port: 45_564,
  frequency: 500,
  dropTime: 3000,
  ttl: -1,
  soTimeout: -1,
  localLoopbackDisabled: false,
  recoveryEnabled: true,
  recoveryCounter: 10,
  recoverySleepTime: 5000,
  domain: '',
  payload: Buffer.alloc(0),
};
