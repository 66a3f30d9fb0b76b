import {
  messageOf,
  TribesError,
  type ContextName,
  type Logger,
  type SessionId,
  type SessionRecord,
  type SessionStore,
} from '../../base/index.js';
import type { Channel } from '../../channel/index.js';
import type { BackupManager, MapWrite } from '../backup/backup-manager.js';
import type { BackupManagers } from '../backup/backup-managers.js';
import { encodeSessionMessage, sessionMessages, type SessionMessage } from '../../wire/index.js';
import { encodeEdit } from './delta-encoder.js';
import type { DeltaManager } from '../delta-manager.js';
import type { LiveEvent } from '../message/live-message.js';
import type { Managers } from '../managers.js';
import type { Stamp } from '../order/change-order.js';
import { createdSession, withDelta } from '../session-changes.js';
import { emptyDelta, type SessionDelta } from '../message/session-delta.js';
import { newSessionId, routeOf } from './session-ids.js';
import {
  sessionVersion,
  type NewSession,
  type SessionEdit,
  type SessionWriter,
  type WriteCondition,
  type WriteOrigin,
  type WriteOutcome,
  type WrittenAttribute,
} from './session-writer.js';
import { WriteAudit, type AuditedWrite } from './write-audit.js';
import { newWriteCounters, type WriteCounters } from './write-counters.js';
import { WriteQueue } from './write-queue.js';

/** Says what a Java stream of one value is; throws when it must not be sent (`vetValue`). */
export type Vet = (stream: Buffer) => { readonly className: string };

export interface WriteSettings {
  readonly vet: Vet;
  /** What writes are sent with; 6: a member acknowledges when it has processed the write. */
  readonly sendOptions: number;
  /** Writes that may wait or be on their way at a time. */
  readonly maxPending: number;
}

export interface ClusterSessionWriterParts extends WriteSettings {
  readonly channel: Pick<Channel, 'local' | 'members' | 'send'>;
  readonly managers: Managers;
  readonly backups: Pick<BackupManagers, 'get'>;
  readonly store: Pick<SessionStore, 'get' | 'checkRoom' | 'commit'>;
  readonly logger: Logger;
  /** Our time, as the managers are given it. */
  readonly now: () => number;
}

/** Tomcat's own default, `session-timeout` of 30 minutes in conf/web.xml; seconds. */
const DEFAULT_MAX_INACTIVE_INTERVAL = 1800;

/** What `DataOutput.writeUTF` can carry, in bytes. */
const MAX_NAME_BYTES = 65_535;

/** What a change by us takes to keep while it waits: it never waits, since its session is there. */
const NO_BYTES = 0;

/** What becomes of a write behind the judgement of its values. */
type Sent = Omit<WriteOutcome, 'set'>;

/** A step of a write: taken in here, then said to the members. */
interface Step {
  readonly event: LiveEvent;
  readonly message: SessionMessage;
}

/**
 * Writes as a Tomcat does: a change by us is taken in as a message of our own member, so that order, events and store
 * agree, and then sent to every member in its dialect, each step when the one before it has been acknowledged.
 */
export class ClusterSessionWriter implements SessionWriter {
  readonly #parts: ClusterSessionWriterParts;
  readonly #audit: WriteAudit;
  readonly #queue: WriteQueue;
  readonly counters: WriteCounters = newWriteCounters();

  constructor(parts: ClusterSessionWriterParts) {
    this.#parts = parts;
    this.#audit = new WriteAudit(parts.logger);
    this.#queue = new WriteQueue(parts.maxPending);
  }

  /** Writes that have not ended. */
  get pending(): number {
    return this.#queue.pending;
  }

  /** Resolves when the writes that have begun have ended. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  create(context: ContextName, session: NewSession, origin: WriteOrigin): Promise<WriteOutcome> {
    const { set, maxInactiveInterval = DEFAULT_MAX_INACTIVE_INTERVAL, jvmRoute = '' } = session;
    const id = newSessionId(jvmRoute);
    const edit = { ...(set !== undefined && { set }), maxInactiveInterval };
    const asked: AuditedWrite = { operation: 'create', origin, context, sessionId: id, maxInactiveInterval };
    return this.#audited(asked, set, async () => {
      checkRoute(jvmRoute);
      const delta = this.#deltaOf(edit);
      const outcome = await this.#inTurn([keyOf(context, id)], () => {
        const now = this.#parts.now();
        const backup = this.#parts.backups.get(context);
        if (backup !== undefined) {
          return createInMap(backup, id, delta, {
            sender: this.#parts.channel.local.uniqueId,
            timestamp: now,
          });
        }
        const created: Step = {
          event: { type: 'created' },
          message: sessionMessages.created(context, id, now, now),
        };
        return this.#write(context, id, id, now, [created, deltaStep(context, id, edit, delta, now)]);
      });
      this.counters.created++;
      return outcome;
    });
  }

  change(
    context: ContextName,
    id: SessionId,
    edit: SessionEdit,
    origin: WriteOrigin,
    condition: WriteCondition = {},
  ): Promise<WriteOutcome> {
    const { set, remove, maxInactiveInterval } = edit;
    const asked: AuditedWrite = {
      operation: 'change',
      origin,
      context,
      sessionId: id,
      ...(remove !== undefined && { remove }),
      ...(maxInactiveInterval !== undefined && { maxInactiveInterval }),
    };
    return this.#audited(asked, set, async () => {
      const delta = this.#deltaOf(edit);
      const outcome = await this.#inTurn([keyOf(context, id)], () => {
        const now = this.#parts.now();
        const backup = this.#parts.backups.get(context);
        if (backup !== undefined) {
          return sentToMap(backup.change(id, edit, delta, (record) => checkVersion(record, condition)));
        }
        this.#check(context, id, condition);
        return this.#write(context, id, id, now, [deltaStep(context, id, edit, delta, now)]);
      });
      this.counters.changed++;
      return outcome;
    });
  }

  expire(
    context: ContextName,
    id: SessionId,
    origin: WriteOrigin,
    condition: WriteCondition = {},
  ): Promise<WriteOutcome> {
    const asked: AuditedWrite = { operation: 'expire', origin, context, sessionId: id };
    return this.#audited(asked, undefined, async () => {
      const outcome = await this.#inTurn([keyOf(context, id)], () => {
        const now = this.#parts.now();
        const backup = this.#parts.backups.get(context);
        if (backup !== undefined) {
          return expireInMap(backup, id, condition);
        }
        this.#check(context, id, condition);
        const message = sessionMessages.expired(context, id, now);
        return this.#write(context, id, id, now, [{ event: { type: 'expired' }, message }]);
      });
      this.counters.expired++;
      return outcome;
    });
  }

  changeId(
    context: ContextName,
    id: SessionId,
    origin: WriteOrigin,
    condition: WriteCondition = {},
  ): Promise<WriteOutcome> {
    const newId = newSessionId(routeOf(id));
    const asked: AuditedWrite = { operation: 'changeId', origin, context, sessionId: id, newId };
    return this.#audited(asked, undefined, async () => {
      // Under both ids: what is written to the new one must not overtake the change.
      const outcome = await this.#inTurn([keyOf(context, id), keyOf(context, newId)], () => {
        const now = this.#parts.now();
        const backup = this.#parts.backups.get(context);
        if (backup !== undefined) {
          return renameInMap(backup, id, newId, condition);
        }
        this.#check(context, id, condition);
        const message = sessionMessages.changeSessionId(context, id, newId, now);
        return this.#write(context, id, newId, now, [{ event: { type: 'idChanged', newId }, message }]);
      });
      this.counters.idsChanged++;
      return outcome;
    });
  }

  /** Tells of the write, whatever becomes of it. */
  async #audited(
    asked: AuditedWrite,
    set: ReadonlyMap<string, Buffer> | undefined,
    write: () => Promise<Sent>,
  ): Promise<WriteOutcome> {
    let audited = asked;
    let written: readonly WrittenAttribute[] = [];
    try {
      if (set !== undefined) {
        audited = {
          ...asked,
          set: [...set].map(([name, { length: bytes }]) => ({ name, class: null, bytes })),
        };
        written = this.#vetted(set);
        audited = { ...asked, set: written };
      }
      const outcome = { ...(await write()), set: written };
      this.counters.unacknowledged += outcome.unacknowledged.length;
      this.#audit.done(audited, outcome);
      return outcome;
    } catch (error) {
      this.counters.refused++;
      this.#audit.refused(audited, error);
      throw error;
    }
  }

  /** `write`, when those before it are done and there is room in the store. */
  #inTurn(keys: readonly string[], write: () => Promise<Sent>): Promise<Sent> {
    return this.#queue.run(keys, async () => {
      await this.#parts.store.checkRoom();
      return await write();
    });
  }

  #vetted(set: ReadonlyMap<string, Buffer>): readonly WrittenAttribute[] {
    return [...set].map(([name, stream]) => {
      const { className } = this.#parts.vet(stream);
      return { name, class: className, bytes: stream.length };
    });
  }

  /** Error: TRIBES_E_WRITE_NAME, TRIBES_E_WRITE_FIELD. */
  #deltaOf({ set, remove = [], maxInactiveInterval }: SessionEdit): SessionDelta {
    for (const name of [...(set?.keys() ?? []), ...remove]) {
      checkName(name);
    }
    for (const name of remove) {
      if (set?.has(name) === true) {
        throw new TribesError('TRIBES_E_WRITE_NAME', { name, problem: 'it is both set and removed' });
      }
    }
    if (maxInactiveInterval !== undefined && maxInactiveInterval !== (maxInactiveInterval | 0)) {
      const problem = `must be a whole number of seconds from ${-(2 ** 31)} to ${2 ** 31 - 1}`;
      throw new TribesError('TRIBES_E_WRITE_FIELD', { field: 'maxInactiveInterval', problem });
    }
    const groups = [...(set ?? [])].map(([name, stream]) => ({ names: [name], stream }));
    return {
      ...emptyDelta,
      attributes: { set: groups, removed: [...new Set(remove)] },
      ...(maxInactiveInterval !== undefined && { maxInactiveInterval }),
    };
  }

  /** Errors: TRIBES_E_WRITE_NO_SESSION, TRIBES_E_WRITE_VERSION. */
  #check(context: ContextName, id: SessionId, condition: WriteCondition): void {
    const record = this.#parts.store.get(context, id);
    if (record === undefined) {
      throw new TribesError('TRIBES_E_WRITE_NO_SESSION', {});
    }
    checkVersion(record, condition);
  }

  /** Takes the steps in, all at once, and says them, one after the other. */
  async #write(
    context: ContextName,
    id: SessionId,
    idAfter: SessionId,
    now: number,
    steps: readonly Step[],
  ): Promise<Sent> {
    const { store, channel } = this.#parts;
    const manager = this.#managerOf(context);
    const stamp = { sender: channel.local.uniqueId, timestamp: now };
    for (const { event } of steps) {
      manager.received({ id, stamp, bytes: NO_BYTES, ...event }, now);
    }
    const record = store.get(context, idAfter) ?? null;
    await store.commit();
    return { ...(await this.#say(steps)), record };
  }

  #managerOf(context: ContextName): DeltaManager {
    const { managers } = this.#parts;
    const manager = managers.names.includes(context) ? managers.of(context) : undefined;
    if (manager === undefined) {
      throw new TribesError('TRIBES_E_WRITE_NO_CONTEXT', { context });
    }
    return manager;
  }

  /** Sends every step to every member that is there: one that did not acknowledge a step may well have taken it. */
  async #say(steps: readonly Step[]): Promise<Omit<Sent, 'record'>> {
    const { channel, sendOptions } = this.#parts;
    const members = channel.members();
    const reasons = new Map<string, string>();
    for (const { message } of steps) {
      if (members.length === 0) {
        break;
      }
      try {
        const { faulty } = await channel.send(
          members,
          (dialect) => encodeSessionMessage(message, dialect),
          sendOptions,
        );
        faulty.forEach(({ member, cause }) => reasons.set(member.key, cause.message));
      } catch (error) {
        members.forEach(({ key }) => reasons.set(key, messageOf(error)));
      }
    }
    return {
      acknowledged: members.filter(({ key }) => !reasons.has(key)),
      unacknowledged: members.flatMap((member) => {
        const reason = reasons.get(member.key);
        return reason === undefined ? [] : [{ member, reason }];
      }),
    };
  }
}

// ---- sessions of replicated maps ----

/** Error: TRIBES_E_WRITE_NO_SESSION when the session cannot be had. */
async function sentToMap(write: Promise<MapWrite | undefined>): Promise<Sent> {
  const written = await write;
  if (written === undefined) {
    throw new TribesError('TRIBES_E_WRITE_NO_SESSION', {});
  }
  return { record: written.record, acknowledged: written.backups, unacknowledged: [] };
}

async function createInMap(
  backup: BackupManager,
  id: SessionId,
  delta: SessionDelta,
  stamp: Stamp,
): Promise<Sent> {
  const now = stamp.timestamp;
  const record = withDelta(createdSession(backup.context, id, stamp, now), delta, stamp, now, true);
  return { record, acknowledged: await backup.create(record), unacknowledged: [] };
}

async function expireInMap(backup: BackupManager, id: SessionId, condition: WriteCondition): Promise<Sent> {
  const record = await backup.expire(id, (found) => checkVersion(found, condition));
  if (record === undefined) {
    throw new TribesError('TRIBES_E_WRITE_NO_SESSION', {});
  }
  return { record: null, acknowledged: backup.members(), unacknowledged: [] };
}

/** As a Tomcat does it: the session is removed under its old id, and put under the new one. */
async function renameInMap(
  backup: BackupManager,
  id: SessionId,
  newId: SessionId,
  condition: WriteCondition,
): Promise<Sent> {
  const found = await backup.expire(id, (record) => checkVersion(record, condition));
  if (found === undefined) {
    throw new TribesError('TRIBES_E_WRITE_NO_SESSION', {});
  }
  const record = { ...found, id: newId, version: found.version + 1 };
  return { record, acknowledged: await backup.create(record), unacknowledged: [] };
}

/** Error: TRIBES_E_WRITE_VERSION. */
function checkVersion(record: SessionRecord, { ifVersion }: WriteCondition): void {
  if (ifVersion !== undefined && ifVersion !== sessionVersion(record)) {
    throw new TribesError('TRIBES_E_WRITE_VERSION', {});
  }
}

function deltaStep(
  context: ContextName,
  id: SessionId,
  edit: SessionEdit,
  delta: SessionDelta,
  now: number,
): Step {
  const message = sessionMessages.delta(context, id, encodeEdit(id, edit), now);
  return { event: { type: 'delta', delta }, message };
}

function keyOf(context: ContextName, id: SessionId): string {
  return `${context}\0${id}`;
}

function checkName(name: string): void {
  if (name === '') {
    throw new TribesError('TRIBES_E_WRITE_NAME', { name: '""', problem: 'it is empty' });
  }
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    const problem = `it is longer than ${MAX_NAME_BYTES} bytes`;
    throw new TribesError('TRIBES_E_WRITE_NAME', { name: `${name.slice(0, 32)}…`, problem });
  }
}

function checkRoute(jvmRoute: string): void {
  if (!/^[\x21-\x2b\x2d\x2e\x30-\x3a\x3c-\x7e]{0,64}$/.test(jvmRoute)) {
    const problem = 'must be up to 64 printable ASCII characters without blank, comma, semicolon and slash';
    throw new TribesError('TRIBES_E_WRITE_FIELD', { field: 'jvmRoute', problem });
  }
}
