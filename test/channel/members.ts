import { randomUniqueId, type UniqueId } from '../../src/base/index.js';
import { makeMember, type Member } from '../../src/membership/index.js';
import type { MemberPackage } from '../../src/wire/index.js';

const NOTHING = Buffer.alloc(0);

/** A member package of 127.0.0.1:`port`. */
export function memberPackage(port: number, rest: Partial<MemberPackage> = {}): MemberPackage {
  return {
    aliveTime: 1000n,
    port,
    securePort: -1,
    udpPort: -1,
    host: Buffer.from([127, 0, 0, 1]),
    command: NOTHING,
    domain: NOTHING,
    uniqueId: randomUniqueId(),
    payload: NOTHING,
    ...rest,
  };
}

/** A member at 127.0.0.1:`port`; of another id than any before, unless `rest` says otherwise. */
export function member(port: number, rest: Partial<MemberPackage> = {}): Member {
  return makeMember(memberPackage(port, rest));
}

/** Another object for the same member, as a membership makes one when a member comes back. */
export function again(known: Member, aliveTime: bigint): Member {
  return makeMember({ ...known.info, aliveTime, uniqueId: known.uniqueId satisfies UniqueId });
}
