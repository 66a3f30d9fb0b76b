import type { Clock, ContextName, Logger, SessionRecord, SessionStore, UniqueId } from '../../base/index.js';
import type { Channel } from '../../channel/index.js';
import type { Member } from '../../membership/index.js';
import type { Slices } from '../slices.js';
import type { StateDonor } from './state-donor.js';
import { isMirror } from '../continuity/mirror-member.js';

export interface EstateParts {
  readonly channel: Pick<Channel, 'local' | 'members'>;
  readonly store: Pick<SessionStore, 'get' | 'summaries'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly slices: Slices;
  /** Sends sessions that nobody has told of, and no others. */
  readonly donor: Pick<StateDonor, 'serve'>;
  /** How many of them there are in a context. */
  readonly unconfirmedIn: (context: ContextName) => number;
  readonly skewOf: (member: UniqueId | null) => number;
  /** Our time, as the managers are given it. */
  readonly now: () => number;
}

/** A session that is older than its Tomcat by that much came to it from another one. Milliseconds. */
const CLOCKS_DIFFER_MS = 5000;

/**
 * What a cluster left that is gone, while Tomcats have come up again without it: they ask for sessions when they start,
 * never later. So they are handed them unasked, which a manager takes as it takes an answer
 * (`DeltaManager.handleALL_SESSION_DATA`): those that it has not told of, since a session that it has is replaced with a
 * warning.
 *
 * Only a Tomcat that began with nothing is handed anything: one that has a session which is older than itself has been
 * given sessions by somebody, who knew which of them had ended.
 */
export class Estate {
  readonly #parts: EstateParts;
  readonly #handed = new Set<string>();

  constructor(parts: EstateParts) {
    this.#parts = parts;
  }

  /**
   * Never rejects.
   *
   * @param heirs Tomcats that have told of all their sessions, by context.
   */
  async handOver(heirs: ReadonlyMap<ContextName, ReadonlySet<UniqueId>>): Promise<void> {
    const { unconfirmedIn, channel, clock, donor, logger } = this.#parts;
    if (this.#leavesItToAnother()) {
      return;
    }
    for (const [context, members] of heirs) {
      for (const member of channel.members().filter(({ uniqueId }) => members.has(uniqueId))) {
        const key = `${member.key} ${context}`;
        const sessions = unconfirmedIn(context);
        if (
          sessions > 0 &&
          !isMirror(member) &&
          !this.#handed.has(key) &&
          (await this.#beganEmpty(member, context))
        ) {
          this.#handed.add(key);
          const fields = { member: member.name, context, sessions };
          logger.info(
            fields,
            'a Tomcat began without the sessions of the cluster before it: handing them over',
          );
          await donor.serve(member, context, clock.now());
        }
      }
    }
  }

  /** Of several mirrors the one whose state is the oldest. */
  #leavesItToAnother(): boolean {
    const { channel } = this.#parts;
    const rank = ({ info, uniqueId }: Member): string =>
      `${info.aliveTime.toString().padStart(20, '0')} ${uniqueId}`;
    return channel.members().some((member) => isMirror(member) && rank(member) > rank(channel.local));
  }

  /** Whether every session that the member has told of was created since it started. */
  async #beganEmpty({ uniqueId, info }: Member, context: ContextName): Promise<boolean> {
    const { store, slices, skewOf, now } = this.#parts;
    const startedAt = now() - Number(info.aliveTime) - CLOCKS_DIFFER_MS;
    let beganEmpty = true;
    const isInherited = ({ confirmedBy, creationTime, source }: SessionRecord): boolean =>
      confirmedBy.includes(uniqueId) && creationTime + skewOf(source) < startedAt;
    await slices.forEach(
      store.summaries(context),
      ({ id }) => {
        const record = beganEmpty ? store.get(context, id) : undefined;
        beganEmpty &&= record === undefined || !isInherited(record);
      },
      () => beganEmpty,
    );
    return beganEmpty;
  }
}
