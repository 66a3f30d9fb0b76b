import type { UniqueId } from '../base/index.js';
import type { MemberPackage } from '../wire/index.js';

/** Host, port and unique id as one text: equal exactly when Tomcat's `MemberImpl.equals` is true. */
export type MemberKey = string & { readonly memberKey: true };

/** One node of the cluster. The same object for as long as the member stays; its `info` is the newest heartbeat's. */
export interface Member {
  readonly key: MemberKey;
  readonly uniqueId: UniqueId;
  /** Text of the address: dotted IPv4, or IPv6. */
  readonly host: string;
  readonly port: number;
  /** `tcp://host:port`, for logs and lists. */
  readonly name: string;
  /** What it last announced of itself. Domain and ports stay as first heard (McastServiceImpl). */
  readonly info: MemberPackage;
}
