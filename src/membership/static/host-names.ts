import { lookup as systemLookup } from 'node:dns/promises';
import {
  LogThrottle,
  messageOf,
  type Clock,
  type Logger,
  type StaticMember,
  type UniqueId,
} from '../../base/index.js';
import { hostBytes } from '../host-address.js';
import { makeMember, type Member } from '../member.js';

/** The addresses of a name, as texts, the best one first; never none. Rejects where there are none. */
export type HostLookup = (name: string) => Promise<readonly string[]>;

/** What the system says, IPv4 first. */
export const systemHostLookup: HostLookup = async (name) =>
  (await systemLookup(name, { all: true, order: 'ipv4first' })).map(({ address }) => address);

/** Finds the addresses of members that are known by name, and complains, now and then, of those that have none. */
export class HostNames {
  readonly #logger: Logger;
  readonly #lookup: HostLookup;
  readonly #complaints: LogThrottle;

  constructor({
    clock,
    logger,
    lookup = systemHostLookup,
  }: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly lookup?: HostLookup | undefined;
  }) {
    this.#logger = logger;
    this.#lookup = lookup;
    this.#complaints = new LogThrottle(clock, { logger });
  }

  /**
   * The raw address of a host, an address or a name; undefined where a name has none at present.
   *
   * @param current the one that it had: it stays as long as the name has it among others.
   */
  async addressOf(host: string, current?: Buffer): Promise<Buffer | undefined> {
    const literal = hostBytes(host);
    if (literal !== undefined) {
      return literal;
    }
    try {
      const found = (await this.#lookup(host)).map(hostBytes).filter((bytes) => bytes !== undefined);
      return found.find((bytes) => current?.equals(bytes)) ?? found[0];
    } catch (error) {
      const times = this.#complaints.admit(`name ${host}`);
      if (times > 0) {
        this.#logger.warn(
          { name: host, error: messageOf(error), times },
          'the name of a static member has no address',
        );
      }
      return undefined;
    }
  }
}

const NOTHING = Buffer.alloc(0);
const NO_ID = '0'.repeat(32) as UniqueId;

/** An entry as a member at that address. Where the entry has no id it is all 0, as with Tomcat. */
export function memberAt(
  { port, securePort, udpPort, uniqueId, domain }: StaticMember,
  host: Buffer,
): Member {
  return makeMember({
    ...{ aliveTime: 0n, host, port, securePort, udpPort },
    ...{ command: NOTHING, domain, uniqueId: uniqueId ?? NO_ID, payload: NOTHING },
  });
}
