import { randomUniqueId } from '../../src/base/index.js';
import { hostBytes } from '../../src/membership/index.js';
import type { MemberPackage } from '../../src/wire/index.js';

const EMPTY = Buffer.alloc(0);

/** A member package of 10.0.0.1:4000 with a new id and an age of one second, apart from what is given. */
export function memberPackage(
  fields: Partial<Omit<MemberPackage, 'host' | 'aliveTime'>> & { host?: string; aliveTime?: number } = {},
): MemberPackage {
  const { host = '10.0.0.1', aliveTime = 1000, ...rest } = fields;
  return {
    aliveTime: BigInt(aliveTime),
    port: 4000,
    securePort: -1,
    udpPort: -1,
    host: hostBytes(host) ?? EMPTY,
    command: EMPTY,
    domain: EMPTY,
    uniqueId: randomUniqueId(),
    payload: EMPTY,
    ...rest,
  };
}
