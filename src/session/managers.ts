import type {
  ContextName,
  JavaLimits,
  Logger,
  LogThrottle,
  SessionLimits,
  SessionRecord,
  SessionStore,
  UniqueId,
} from '../base/index.js';
import { DeltaManager, type DeltaManagerParts } from './delta-manager.js';
import type { ManagedStore } from './manager/context-sessions.js';
import type { GivenUp } from './manager/waiting-messages.js';
import type { SessionCounters } from './session-counters.js';
import { TombstoneLedger } from './order/tombstone-ledger.js';

export interface ManagersParts {
  readonly store: SessionStore;
  readonly limits: SessionLimits;
  readonly logger: Logger;
  readonly complaints: LogThrottle;
  readonly counters: SessionCounters;
  readonly emit: DeltaManagerParts['emit'];
  /** Whether anybody hears what is emitted; default: somebody does. */
  readonly isHeard?: () => boolean;
  /** What a Java stream that came may be. */
  readonly javaLimits?: JavaLimits;
  /** Called with every session that is stored, but for one that was merely accessed later. */
  readonly stored: (session: Pick<SessionRecord, 'maxInactiveInterval' | 'receivedAt'>) => void;
  readonly skewOf: (member: UniqueId | null) => number;
  /** Our own member, whose changes are ours. */
  readonly own: () => UniqueId;
  /** Whether the sessions of the context in the store belong to a BackupManager; default: none do. */
  readonly isElsewhere?: (context: ContextName) => boolean;
  /** Whether the member serves users. */
  readonly hasUsers: (member: UniqueId) => boolean;
}

/** The managers of all contexts that are known (`CatalinaCluster.getManagers`). */
export class Managers implements Iterable<DeltaManager> {
  readonly #parts: ManagersParts;
  readonly #store: ManagedStore;
  readonly #tombstones: TombstoneLedger;
  readonly #managers = new Map<ContextName, DeltaManager>();
  /** The manager asked for last: most messages are about the context of the message before. */
  #latest: DeltaManager | undefined;
  #roundBegunAt = -Infinity;

  /** Begins with the contexts of the store, and those that something is remembered of. */
  constructor(parts: ManagersParts) {
    this.#parts = parts;
    const { store, stored } = parts;
    this.#tombstones = new TombstoneLedger(store.ledger, parts.limits);
    this.#store = {
      get: (context, id) => store.get(context, id),
      put: (record, isInUse) => {
        store.put(record, isInUse);
        stored(record);
      },
      atHand: (context, id) => store.atHand(context, id),
      deferrable: (...delta) => store.deferrable(...delta),
      defer: (session, change) => {
        store.defer(session, change);
        const { maxInactiveInterval, receivedAt } = change;
        if (maxInactiveInterval !== undefined) {
          stored({ maxInactiveInterval, receivedAt });
        }
      },
      delete: (context, id) => store.delete(context, id),
      contexts: () => store.contexts(),
      summaries: (context) => store.summaries(context),
    };
    for (const context of store.contexts().keys()) {
      if (parts.isElsewhere?.(context) !== true) {
        this.#add(context);
      }
    }
    this.#tombstones.takeOver(store.facts);
    for (const stored of this.#tombstones.restore()) {
      const manager = this.of(stored.context);
      if (manager === undefined) {
        this.#tombstones.forget(stored.number);
      } else {
        manager.restoreTombstone(stored);
      }
    }
  }

  [Symbol.iterator](): Iterator<DeltaManager> {
    return this.#managers.values();
  }

  get names(): readonly ContextName[] {
    return [...this.#managers.keys()];
  }

  /** The manager of a context that is known. */
  known(context: ContextName): DeltaManager | undefined {
    return this.#latest?.context === context ? this.#latest : this.#managers.get(context);
  }

  /** The manager of a context; made if it is new, undefined if there are too many: names come from others. */
  of(context: ContextName): DeltaManager | undefined {
    if (this.#latest?.context === context) {
      return this.#latest;
    }
    const known = this.#managers.get(context);
    if (known !== undefined || this.#managers.size < this.#parts.limits.maxContexts) {
      this.#latest = known ?? this.#add(context);
      return this.#latest;
    }
    this.#parts.counters.refusedContexts++;
    const times = this.#parts.complaints.admit('too many contexts');
    if (times > 0) {
      this.#parts.logger.warn(
        { contexts: this.#managers.size, times },
        'too many contexts: a new one is refused',
      );
    }
    return undefined;
  }

  /** What waits for its session in all contexts. */
  get waiting(): { readonly messages: number; readonly bytes: number } {
    const each = [...this.#managers.values()].map(({ waiting }) => waiting);
    return {
      messages: each.reduce((sum, { messages }) => sum + messages, 0),
      bytes: each.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** Number of sessions that nobody has told of since we began to ask. */
  get unconfirmed(): number {
    return [...this.#managers.values()].reduce((sum, { unconfirmed }) => sum + unconfirmed, 0);
  }

  unconfirmedIn(context: ContextName): number {
    return this.#managers.get(context)?.unconfirmed ?? 0;
  }

  isUnconfirmed(session: Pick<SessionRecord, 'context' | 'id' | 'receivedAt'>): boolean {
    return this.#managers.get(session.context)?.isUnconfirmed(session) ?? false;
  }

  beginRound(now: number): void {
    this.#roundBegunAt = now;
    for (const manager of this.#managers.values()) {
      manager.beginRound(now);
    }
  }

  endRound(): void {
    for (const manager of this.#managers.values()) {
      manager.endRound();
    }
  }

  /** @returns messages whose sessions did not come. */
  *age(now: number, transferring: boolean): Generator<GivenUp & { readonly context: ContextName }, void> {
    for (const manager of this.#managers.values()) {
      for (const message of manager.age(now, transferring)) {
        yield { ...message, context: manager.context };
      }
    }
  }

  #add(context: ContextName): DeltaManager {
    const { limits, javaLimits, counters, emit, isHeard, skewOf, own, hasUsers } = this.#parts;
    const manager = new DeltaManager({
      context,
      store: this.#store,
      limits,
      counters,
      emit,
      ...(javaLimits && { javaLimits }),
      ...(isHeard && { isHeard }),
      skewOf,
      own,
      hasUsers,
      tombstones: this.#tombstones.of(context),
    });
    manager.beginRound(this.#roundBegunAt);
    this.#managers.set(context, manager);
    return manager;
  }
}
