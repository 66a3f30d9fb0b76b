import type { Member } from '../membership/index.js';
import { mirrorVersionOf } from '../wire/index.js';

/** A member as the interface shows it. */
export interface MemberJson {
  /** `tcp://host:port` */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** As it announces them; -1: none. Nothing uses a secure port. */
  readonly securePort: number;
  readonly udpPort: number;
  /** 32 hexadecimal digits. */
  readonly uniqueId: string;
  /** ISO-8859-1, as `McastService.setDomain(String)` takes it. */
  readonly domain: string;
  /** What its last heartbeat said: milliseconds since its membership started. */
  readonly aliveMs: number;
  /** Whether it is a node such as this one, and no Tomcat. */
  readonly mirror: boolean;
  readonly state: MemberState;
  /** Why its messages cannot be understood; left out where nothing speaks against it. */
  readonly problem?: string;
}

/** `local`: this node; `member`: heard of and reachable. */
export type MemberState = 'local' | 'member';

export function memberJson(
  { name, host, port, uniqueId, info }: Member,
  state: MemberState,
  problem: string | null = null,
): MemberJson {
  return {
    name,
    host,
    port,
    securePort: info.securePort,
    udpPort: info.udpPort,
    uniqueId,
    domain: info.domain.toString('latin1'),
    aliveMs: Number(info.aliveTime),
    mirror: mirrorVersionOf(info.payload) !== null,
    state,
    ...(problem !== null && { problem }),
  };
}
