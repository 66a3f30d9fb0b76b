import {
  messageOf,
  type Clock,
  type ContextName,
  type Logger,
  type SessionStore,
  type UniqueId,
} from '../../base/index.js';
import type { Channel } from '../../channel/index.js';
import type { Continuity } from '../continuity/continuity.js';
import type { Estate } from '../donating/estate.js';
import type { Managers } from '../managers.js';
import type { Slices } from '../slices.js';

export interface ReconciliationParts {
  readonly channel: Pick<Channel, 'members'>;
  readonly store: Pick<SessionStore, 'statistics'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly slices: Slices;
  readonly managers: Managers;
  readonly continuity: Continuity;
  readonly estate: Estate;
  /** Our time, as the managers are given it. */
  readonly now: () => number;
  /** Called when the node has got the cluster's sessions. */
  readonly synchronised: () => void;
}

/**
 * What a round of asking ends with: sessions that nobody has any more end, Tomcats that came up with nothing are handed
 * theirs, and then the node counts as synchronised. A round that has begun meanwhile takes its place.
 */
export class Reconciliation {
  readonly #parts: ReconciliationParts;
  #synchronisedSince: number | null = null;
  /** Rounds of asking begun. */
  #rounds = 0;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(parts: ReconciliationParts) {
    this.#parts = parts;
  }

  /** Epoch milliseconds; null while the node is not synchronised. */
  get synchronisedSince(): number | null {
    return this.#synchronisedSince;
  }

  /** What is going on since a round was done. Never rejects. */
  get running(): Promise<void> | null {
    return this.#running;
  }

  /** What is going on ends early, and changes nothing any more. */
  stop(): void {
    this.#stopped = true;
  }

  roundBegun(): void {
    const { managers, continuity, logger, now } = this.#parts;
    this.#rounds++;
    managers.beginRound(now());
    if (this.#synchronisedSince !== null) {
      this.#synchronisedSince = null;
      continuity.source.incomplete(now());
      logger.info({}, 'we have missed what happened: asking the members for their sessions');
    }
  }

  /** @param witnesses the members whose state has come whole, by context. */
  roundDone(witnesses: ReadonlyMap<ContextName, ReadonlySet<UniqueId>>): void {
    const { managers, continuity, estate, logger } = this.#parts;
    const round = this.#rounds;
    const before = this.#running ?? Promise.resolve();
    const running = before
      .then(() => this.#endAbsent(witnesses, round))
      .then(() =>
        continuity.source.isHeir && this.#isCurrent(round) ? estate.handOver(witnesses) : undefined,
      )
      .catch((error: unknown) => {
        logger.error({ error: messageOf(error) }, 'looking for sessions that have ended failed');
      })
      .then(() => {
        if (this.#running === running) {
          this.#running = null;
        }
        if (this.#isCurrent(round)) {
          managers.endRound();
          this.#setSynchronised();
        }
      });
    this.#running = running;
  }

  async #endAbsent(witnesses: ReadonlyMap<ContextName, ReadonlySet<UniqueId>>, round: number): Promise<void> {
    const { managers, continuity, slices, now } = this.#parts;
    for (const manager of managers) {
      const members = [...(witnesses.get(manager.context) ?? [])];
      if (members.length > 0 && manager.unconfirmed > 0) {
        const donors = members.map((uniqueId) => continuity.donorOf(uniqueId));
        const walk = manager.endAbsent(donors, now());
        await slices.forEach(
          walk,
          () => undefined,
          () => this.#isCurrent(round),
        );
      }
    }
  }

  #isCurrent(round: number): boolean {
    return round === this.#rounds && !this.#stopped;
  }

  #setSynchronised(): void {
    const { channel, store, clock, logger, managers, continuity, synchronised } = this.#parts;
    this.#synchronisedSince = clock.now();
    const members = channel.members();
    continuity.synchronised(members);
    const contexts = managers.names.length;
    const { sessions } = store.statistics();
    const { unconfirmed } = managers;
    logger.info({ members: members.length, contexts, sessions, unconfirmed }, 'synchronised');
    synchronised();
  }
}
