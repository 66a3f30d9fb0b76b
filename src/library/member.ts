import type { UniqueId } from '../base/index.js';
import type { Member } from '../membership/index.js';

/** A member of the cluster as it announced itself. */
export interface ClusterMember {
  /** `tcp://host:port` */
  readonly name: string;
  readonly host: string;
  /** TCP port of its receiver. */
  readonly port: number;
  /** 32 hexadecimal digits; another one whenever it starts. */
  readonly uniqueId: UniqueId;
  /** `domain` of its Membership element. */
  readonly domain: string;
  /** Milliseconds for which it had been a member when it last said so. */
  readonly aliveMs: number;
}

export function clusterMember({ name, host, port, uniqueId, info }: Member): ClusterMember {
  const domain = info.domain.toString('latin1');
  return { name, host, port, uniqueId, domain, aliveMs: Number(info.aliveTime) };
}
