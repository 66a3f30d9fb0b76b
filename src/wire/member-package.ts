import type { UniqueId } from '../base/index.js';

/**
 * A member as it stands in heartbeats and in the header of every message: the data package of
 * `org.apache.catalina.tribes.membership.MemberImpl` (page 01, section 2).
 */
export interface MemberPackage {
  /** Milliseconds since the member's membership service started; meaningless inside Java-serialised members. */
  readonly aliveTime: bigint;
  readonly port: number;
  /** -1 when unused. */
  readonly securePort: number;
  /** -1 when UDP reception is off. */
  readonly udpPort: number;
  /** Raw address, 4 or 16 bytes (0 to 127 are tolerated). */
  readonly host: Buffer;
  /** Empty, or SHUTDOWN_PAYLOAD. */
  readonly command: Buffer;
  readonly domain: Buffer;
  readonly uniqueId: UniqueId;
  readonly payload: Buffer;
}
