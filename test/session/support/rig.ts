import {
  contextName,
  defaultSessionLimits,
  defaultStoreLimits,
  sessionId,
  silentLogger,
  type SessionId,
  type SessionLimits,
  type SessionRecord,
  type StoreLimits,
  type UniqueId,
} from '../../../src/base/index.js';
import type { LiveEvent, LiveMessage } from '../../../src/session/message/live-message.js';
import { DeltaManager } from '../../../src/session/delta-manager.js';
import type { Donor } from '../../../src/session/manager/session-intake.js';
import type { TransferredSession } from '../../../src/session/session-changes.js';
import { newCounters } from '../../../src/session/session-counters.js';
import { emptyDelta, type SessionDelta } from '../../../src/session/message/session-delta.js';
import type { SessionEvent } from '../../../src/session/session-mirror.js';
import { MemoryStore } from '../../../src/store/index.js';
import { deltaPayload } from '../../support/delta-payload.js';
import { groups, stringStream, valuesOf } from './streams.js';

export const APP = contextName('localhost#/app');

/** Members; their clocks differ from ours by as much as a test says. */
export const A = 'aa'.repeat(16) as UniqueId;
export const B = 'bb'.repeat(16) as UniqueId;

export const S = sessionId('S');
export const S2 = sessionId('S2');

/** Attributes to set (text) and to remove (null), and other fields of a delta. */
export function delta(
  attributes: Readonly<Record<string, string | null>>,
  fields: Partial<Omit<SessionDelta, 'attributes'>> = {},
): LiveEvent {
  const entries = Object.entries(attributes);
  const set = entries.filter((entry): entry is [string, string] => entry[1] !== null);
  const removed = entries.filter(([, value]) => value === null).map(([name]) => name);
  return {
    type: 'delta',
    delta: { ...emptyDelta, attributes: { set: groups(Object.fromEntries(set)), removed }, ...fields },
  };
}

export function note(name: string, value: string): Partial<SessionDelta> {
  return { notes: { set: groups({ [name]: value }), removed: [] } };
}

/** Null where `deltaPayload` cannot write it. */
function payloadOf(id: SessionId, { attributes, notes, listeners, ...fields }: SessionDelta): Buffer | null {
  const { principal, maxInactiveInterval, authType } = fields;
  const isMore = notes.set.length > 0 || notes.removed.length > 0 || listeners.length > 0;
  return isMore || principal !== undefined
    ? null
    : deltaPayload(id, { ...attributes, maxInactiveInterval, authType });
}

export const listener = (name: string): Buffer => stringStream(name);

/** A session as a donor sends it. */
export function donated(
  id: SessionId,
  attributes: Readonly<Record<string, string>>,
  fields: Partial<TransferredSession> = {},
): TransferredSession {
  return {
    id,
    creationTime: 1000,
    lastAccessedTime: 2000,
    thisAccessedTime: 2000,
    maxInactiveInterval: 600,
    isNew: false,
    attributes: groups(attributes),
    principal: null,
    notes: null,
    listeners: [],
    ...fields,
  };
}

/** One manager over a real store, driven by hand. */
export class Rig {
  readonly store: MemoryStore;
  readonly counters = newCounters();
  readonly events: SessionEvent[] = [];
  readonly skews = new Map<UniqueId, number>();
  readonly manager: DeltaManager;
  /** Members without users: we, and mirrors. */
  readonly userless = new Set<UniqueId>();
  /** Whether anybody wants to know of events. */
  isHeard = true;
  /** Messages that were taken without being read. */
  deferred = 0;
  /** Our clock. */
  now = 100_000;

  constructor(limits: Partial<SessionLimits> = {}, storeLimits: Partial<StoreLimits> = {}) {
    this.store = new MemoryStore({ logger: silentLogger, limits: { ...defaultStoreLimits, ...storeLimits } });
    void this.store.open();
    this.manager = new DeltaManager({
      context: APP,
      store: this.store,
      limits: { ...defaultSessionLimits, ...limits },
      counters: this.counters,
      emit: (event) => this.events.push(event),
      isHeard: () => this.isHeard,
      hasUsers: (member) => !this.userless.has(member),
      skewOf: (member) => (member === null ? 0 : (this.skews.get(member) ?? 0)),
    });
  }

  /** A message by `sender`, sent at `timestamp` by its clock, arrives now. */
  say(sender: UniqueId, timestamp: number, id: SessionId, event: LiveEvent): this {
    if (this.#isDeferred(sender, timestamp, id, event)) {
      this.deferred++;
      return this;
    }
    const message: LiveMessage = { id, stamp: { sender, timestamp }, bytes: 100, ...event };
    this.manager.received(message, this.now);
    return this;
  }

  #isDeferred(sender: UniqueId, timestamp: number, id: SessionId, event: LiveEvent): boolean {
    const payload = event.type === 'delta' ? payloadOf(id, event.delta) : null;
    return (
      (event.type === 'accessed' || payload !== null) &&
      this.manager.deferred(id, payload, sender, timestamp, this.now)
    );
  }

  /** `donor` is a Tomcat that is a stranger, unless it is said to be something else. */
  transfer(
    donor: UniqueId,
    session: TransferredSession,
    askedAt = this.now,
    known: Partial<Donor> = {},
  ): this {
    const from = { uniqueId: donor, mirror: false, togetherUntil: -Infinity, ...known };
    this.manager.transferred(session, from, askedAt, this.now);
    return this;
  }

  pass(ms: number, transferring = false): this {
    this.now += ms;
    this.manager.age(this.now, transferring);
    return this;
  }

  record(id: SessionId = S): SessionRecord | undefined {
    return this.store.get(APP, id);
  }

  /** The attributes of a session; undefined when it is not there. */
  attributes(id: SessionId = S): Record<string, string> | undefined {
    const record = this.record(id);
    return record && valuesOf(record.attributes);
  }

  /** Events so far, without what is the same in all of them; forgets them. */
  told(): object[] {
    return this.events
      .splice(0)
      .map((event) =>
        Object.fromEntries(Object.entries(event).filter(([key]) => key !== 'context' && key !== 'at')),
      );
  }
}
