import {
  isTribesError,
  type ContextName,
  type JavaLimits,
  type Logger,
  type LogThrottle,
  type SessionId,
  type SessionRecord,
  type SessionStore,
} from '../../base/index.js';
import type { Channel, MapStamp } from '../../channel/index.js';
import type { Dialect } from '../../wire/index.js';
import { encodeSessionObject } from '../donating/session-list-writer.js';
import { tellChanged } from '../manager/changed-events.js';
import { readDelta, readSessionObject, type Report } from '../message/message-reader.js';
import type { SessionDelta } from '../message/session-delta.js';
import type { Stamp } from '../order/change-order.js';
import { sameContent, transferredSession, withAccess, withDelta } from '../session-changes.js';
import type { SessionCounters } from '../session-counters.js';
import type { SessionEvent } from '../session-mirror.js';
import type { BackupCounters } from './backup-counters.js';

export interface BackupSessionsParts {
  readonly context: ContextName;
  readonly channel: Pick<Channel, 'observeDialect'>;
  readonly store: Pick<SessionStore, 'get' | 'put' | 'delete'>;
  readonly logger: Logger;
  readonly complaints: LogThrottle;
  readonly counters: BackupCounters;
  readonly sessionCounters: SessionCounters;
  readonly javaLimits: JavaLimits;
  readonly maxUncutBytes: number;
  readonly emit: (event: SessionEvent, stamp: Stamp | null) => void;
  readonly isHeard: () => boolean;
  /** Called with every session that is stored. */
  readonly stored: (record: SessionRecord) => void;
  /** Our time. */
  readonly now: () => number;
}

/** The sessions of one context that are in a replicated map, as they rest here: `DeltaSession` as a `ReplicatedMapEntry`. */
export class BackupSessions {
  readonly #parts: BackupSessionsParts;
  readonly #context: ContextName;

  constructor(parts: BackupSessionsParts) {
    this.#parts = parts;
    this.#context = parts.context;
  }

  get(id: SessionId): SessionRecord | undefined {
    return this.#parts.store.get(this.#context, id);
  }

  put(record: SessionRecord): void {
    this.#parts.store.put(record);
    this.#parts.stored(record);
  }

  /** A whole session has come. False when it cannot be read. */
  replace(id: SessionId, valuedata: Buffer, stamp: MapStamp): boolean {
    const { javaLimits, maxUncutBytes, counters, now } = this.#parts;
    const read = this.#read(stamp, 'a session', (report) =>
      readSessionObject(valuedata, this.#observer(stamp), report, javaLimits, maxUncutBytes),
    );
    if (read === undefined) {
      return false;
    }
    counters.values++;
    const before = this.get(id);
    const { from } = stamp;
    const made = transferredSession(this.#context, { ...read, id }, from.uniqueId, now());
    const isSame = before?.creationTime === made.creationTime;
    const record: SessionRecord = {
      ...made,
      // What the value of the map does not carry.
      authType: isSame ? before.authType : null,
      notes: read.notes === null && isSame ? before.notes : made.notes,
      version: (before?.version ?? 0) + 1,
    };
    this.put(record);
    if (before === undefined || !isSame) {
      this.#tell(
        id,
        record.isNew && record.attributes.length === 0 ? 'sessionCreated' : 'sessionTransferred',
      );
    } else if (!sameContent(before, record)) {
      this.#tell(id, 'sessionTransferred');
    }
    return true;
  }

  /** Whether the session has been used since what is here of it. What cannot be read is not newer. */
  isNewer(id: SessionId, valuedata: Buffer): boolean {
    const record = this.get(id);
    try {
      const read = readSessionObject(
        valuedata,
        () => undefined,
        () => undefined,
        this.#parts.javaLimits,
      );
      return record === undefined || read.thisAccessedTime > record.thisAccessedTime;
    } catch (error) {
      if (isTribesError(error)) {
        return false;
      }
      throw error;
    }
  }

  /** A change of a session has come. False when it cannot be read, or there is no such session. */
  apply(id: SessionId, diff: Buffer, stamp: MapStamp): boolean {
    const { javaLimits, maxUncutBytes, counters } = this.#parts;
    const record = this.get(id);
    if (record === undefined) {
      return false;
    }
    const delta = this.#read(stamp, 'a change', (report) =>
      readDelta(diff, this.#observer(stamp), report, javaLimits, maxUncutBytes),
    );
    if (delta === undefined) {
      return false;
    }
    counters.diffs++;
    this.change(record, delta, { sender: stamp.from.uniqueId, timestamp: stamp.sentAt });
    return true;
  }

  /** A session changes, and everybody who listens is told. */
  change(record: SessionRecord, delta: SessionDelta, stamp: Stamp): SessionRecord {
    const after = withDelta(record, delta, stamp, this.#parts.now(), true);
    this.put(after);
    if (this.#parts.isHeard()) {
      tellChanged(record, after, delta, stamp, this.#parts.emit);
    }
    return after;
  }

  accessed(id: SessionId, { from, sentAt }: MapStamp): void {
    const record = this.get(id);
    this.#parts.counters.accesses++;
    if (record !== undefined) {
      this.put(withAccess(record, { sender: from.uniqueId, timestamp: sentAt }, this.#parts.now()));
      this.#tell(id, 'sessionAccessed');
    }
  }

  /** The session is over; nothing is said of one that has not been here. */
  end(id: SessionId, reason: 'message' | 'idle' | 'absent'): void {
    if (this.#parts.store.delete(this.#context, id)) {
      const { now, emit } = this.#parts;
      emit({ type: 'sessionExpired', reason, context: this.#context, id, at: now() }, null);
    }
  }

  /** The session as a value of the map, for a peer of that dialect; null when there is none. Errors: those of splicing. */
  encode(id: SessionId, dialect: Dialect): Buffer | null {
    const record = this.get(id);
    return record === undefined ? null : encodeSessionObject(record, dialect);
  }

  #tell(id: SessionId, type: 'sessionCreated' | 'sessionTransferred' | 'sessionAccessed'): void {
    const { isHeard, emit, now } = this.#parts;
    if (isHeard()) {
      emit({ type, context: this.#context, id, at: now() }, null);
    }
  }

  #observer({ from }: MapStamp): Parameters<typeof readDelta>[1] {
    return (observation) => this.#parts.channel.observeDialect(from, observation);
  }

  #read<T>({ from }: MapStamp, what: string, read: (report: Report) => T): T | undefined {
    const { counters, sessionCounters, complaints, logger } = this.#parts;
    const report: Report = ({ kind, name: attribute, why }) => {
      sessionCounters[
        kind === 'aborted' ? 'abortedValues' : kind === 'uncut' ? 'uncutValues' : 'lostValues'
      ]++;
      const times = complaints.admit(`${kind} ${from.key}`);
      if (times > 0) {
        const fields = { member: from.name, context: this.#context, attribute, why, times };
        logger.warn(fields, 'a value of a session in a replicated map could not be taken as it was meant');
      }
    };
    try {
      return read(report);
    } catch (error) {
      if (!isTribesError(error)) {
        throw error;
      }
      counters.unreadable++;
      const times = complaints.admit(`unreadable value ${from.key}`);
      if (times > 0) {
        const fields = { member: from.name, context: this.#context, what, why: error.message, times };
        logger.warn(fields, 'what a member published of a session cannot be read');
      }
      return undefined;
    }
  }
}
