import type { UniqueId } from '../../base/index.js';

/** A member as somebody else lists it. */
export interface FoundMember {
  /** Raw address. */
  readonly host: Buffer;
  readonly uniqueId: UniqueId;
  /** Milliseconds; only good for comparing, and may be negative. */
  readonly aliveTime: number;
}

/** Where a cloud lists the members of a cluster (`org.apache.catalina.tribes.membership.cloud.CloudMembershipProvider`). */
export interface MemberLookup {
  /** What is asked, for people: `the DNS name tomcat`. */
  readonly place: string;
  /** What to check when we are not listed there. */
  readonly advice: string;
  /** The id that an address alone gives; undefined: the list tells. */
  idOf(host: Buffer): UniqueId | undefined;
  /** Everybody who is listed now, ourselves included. `signal` ends it early. Rejects when the list cannot be had. */
  find(signal: AbortSignal): Promise<readonly FoundMember[]>;
}
