import {
  type DeferredDelta,
  type DeltaCarrier,
  type JavaLimits,
  type SessionRecord,
  type ShareGroup,
  type UniqueId,
} from '../../base/index.js';
import { checkPlainDelta, ignoreDialect } from '../../wire/index.js';
import { readDelta } from '../message/message-reader.js';
import { emptyDelta, keysOf, type SessionDelta } from '../message/session-delta.js';
import type { ChangeKey, ChangeOrder } from '../order/change-order.js';

/** Changes of sessions that are carried out later: most sessions change often before anybody looks at them. */
export class DeferredChanges implements DeltaCarrier {
  readonly #order: ChangeOrder;
  readonly #limits: JavaLimits;

  constructor(order: ChangeOrder, limits: JavaLimits) {
    this.#order = order;
    this.#limits = limits;
  }

  /**
   * @param payload of the delta; null: an access.
   * @returns undefined for what is to be read at once: it changes more than `DeferredDelta` allows, or cannot be read.
   */
  of(payload: Buffer | null, sender: UniqueId, timestamp: number, now: number): DeferredChange | undefined {
    if (payload === null) {
      return new DeferredChange(this, null, sender, timestamp, now, undefined);
    }
    const facts = checkPlainDelta(payload, this.#limits);
    if (facts === undefined) {
      return undefined;
    }
    return new DeferredChange(this, payload, sender, timestamp, now, facts.maxInactiveInterval);
  }

  /** As `withDelta` would with each of them. */
  carryOut(record: SessionRecord, deferred: readonly DeferredDelta[]): SessionRecord {
    const last = deferred.at(-1) as DeferredDelta;
    const deltas = deferred.map(({ payload }) => this.#read(payload));
    const intervals = deltas.flatMap(({ maxInactiveInterval }) => maxInactiveInterval ?? []);
    this.#remember(record, deferred, deltas);
    return {
      context: record.context,
      id: record.id,
      creationTime: record.creationTime,
      lastAccessedTime: last.timestamp,
      thisAccessedTime: last.timestamp,
      maxInactiveInterval: intervals.at(-1) ?? record.maxInactiveInterval,
      isNew: false,
      isValid: record.isValid,
      authType: record.authType,
      attributes: changed(record.attributes, deltas),
      principal: record.principal,
      notes: record.notes,
      listeners: record.listeners,
      receivedAt: last.receivedAt,
      source: record.source,
      confirmedBy: record.confirmedBy,
      version: record.version + deferred.length,
    };
  }

  /** It was checked: nothing is observed of it, and there is nothing to report. */
  #read(payload: Buffer | null): SessionDelta {
    return payload === null ? emptyDelta : readDelta(payload, ignoreDialect, () => undefined, this.#limits);
  }

  /** What is changed again is remembered once: the last time. */
  #remember(
    { id }: SessionRecord,
    deferred: readonly DeferredDelta[],
    deltas: readonly SessionDelta[],
  ): void {
    const later = new Set<ChangeKey>();
    for (let i = deferred.length - 1; i >= 0; i--) {
      const { sender, timestamp, receivedAt } = deferred[i] as DeferredDelta;
      const keys = keysOf(deltas[i] as SessionDelta).filter((key) => !later.has(key));
      keys.forEach((key) => later.add(key));
      this.#order.carriedOut(id, keys, { sender, timestamp }, receivedAt);
    }
  }
}

/** No values of the groups share anything, nor do those of the deltas. */
function changed(groups: readonly ShareGroup[], deltas: readonly SessionDelta[]): readonly ShareGroup[] {
  if (deltas.every((delta) => delta === emptyDelta)) {
    return groups;
  }
  const byName = new Map(groups.map((group) => [group.names[0], group]));
  for (const { attributes } of deltas) {
    attributes.set.forEach((group) => byName.set(group.names[0], group));
    attributes.removed.forEach((name) => byName.delete(name));
  }
  return [...byName.values()];
}

export class DeferredChange implements DeferredDelta {
  readonly by: DeltaCarrier;
  readonly payload: Buffer | null;
  readonly sender: UniqueId;
  readonly timestamp: number;
  readonly receivedAt: number;
  /** What it sets, in seconds; undefined: nothing. */
  readonly maxInactiveInterval: number | undefined;

  constructor(
    by: DeltaCarrier,
    payload: Buffer | null,
    sender: UniqueId,
    timestamp: number,
    receivedAt: number,
    maxInactiveInterval: number | undefined,
  ) {
    this.by = by;
    this.payload = payload;
    this.sender = sender;
    this.timestamp = timestamp;
    this.receivedAt = receivedAt;
    this.maxInactiveInterval = maxInactiveInterval;
  }
}
