import {
  isTribesError,
  type Clock,
  type ContextName,
  type Logger,
  type SessionId,
  type SessionRecord,
} from '../../base/index.js';
import { spliceOutput } from '../../java/index.js';
import { encodeDeltaRequest, type DeltaAction, type Dialect } from '../../wire/index.js';
import { donatedSession, type DonatedSession, type DonatedGroup } from './donated-session.js';
import type { DonorSettings } from './donor-settings.js';
import { Flight } from './flight.js';
import type { Offered } from './offered-sessions.js';
import { ReservationTally, type Reservation, type Reserved } from './reservations.js';
import { namedValues, selfWriting, SessionListWriter, type Written } from './session-list-writer.js';
import type { SessionEvent } from '../session-mirror.js';
import type { Breath, Slices } from '../slices.js';
import type { Stamp } from '../order/change-order.js';
import { WrittenSessions } from './written-sessions.js';

export interface DonationParts {
  readonly store: Pick<Offered, 'get' | 'records'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly slices: Slices;
  readonly settings: DonorSettings;
  readonly context: ContextName;
  /** The asker's. */
  readonly dialect: Dialect;
  /** The time stamp of the state: what is stamped earlier the asker drops, if it has not come with the state. */
  readonly listedAt: number;
  /** Sends ALL_SESSION_DATA; whether it was acknowledged. Never rejects. */
  readonly sendList: (list: Buffer) => Promise<boolean>;
  /** Sends SESSION_DELTA; whether it was acknowledged. Never rejects. */
  readonly sendDelta: (id: SessionId, delta: Buffer) => Promise<boolean>;
  /** Sends SESSION_EXPIRED; whether it was acknowledged. Never rejects. */
  readonly sendExpired: (id: SessionId) => Promise<boolean>;
}

/** What became of a state that was sent. */
export interface DonationOutcome extends Readonly<Record<Reservation, number>> {
  /** Sessions in messages that were acknowledged; sent again, they count once. */
  readonly sessions: number;
  /** Sessions that could not be written, or whose message was not acknowledged. */
  readonly failed: number;
  readonly messages: number;
  /** Changes that the asker drops, and that were too many to be sent behind. */
  readonly missed: number;
  /** The first of those values. */
  readonly examples: Reserved;
}

/** A message is sent when it has so many bytes: a receiver has to load it within seconds. */
const MESSAGE_BYTES = 2 ** 19;
/** Where all sessions shall go in one message, another one is begun then. */
const MAX_MESSAGE_BYTES = 2 ** 28;

/** A message that took longer than this, in milliseconds, is followed by smaller ones. */
const SLOW_MS = 1000;
const FEWEST_SESSIONS = 10;

/**
 * Up to this many sessions that name classes of applications go alone, each in a message of its own. Where there are
 * more, so many messages are made of them, and at most one more for each sort: those go by themselves.
 */
const MAX_APART = 10_000;

/** Small messages on their way at a time; a Tomcat has 6 to 15 threads for all its senders. */
const APART_AT_A_TIME = 4;

/** After that many messages in a row that were not acknowledged, the asker is taken for gone. */
const MAX_FAILURES = 3;

/**
 * One state on its way to one asker: the sessions of a context, as they are when each is written.
 *
 * A Tomcat gives up on a message at the first class that it cannot load, acknowledges it all the same, and keeps what it
 * had read before. So sessions that need no more than what every Tomcat has go first, many in a message. Those that name
 * classes of applications go alone, or, where there are too many, together with others that need the very same
 * classes: where one cannot be read, none can.
 *
 * What changes meanwhile the asker hears itself, and queues while it waits. But of that it drops what is stamped before
 * its request, and may have reached us when its session was written: such a session is written again. And what has changed
 * its id may stand under its new one where the walk over the sessions has passed already. Both are sent behind.
 */
export class Donation {
  readonly #parts: DonationParts;
  readonly #flight = new Flight();
  readonly #written = new WrittenSessions();
  /** Sessions that name classes of applications, by what they need. */
  readonly #apart = new Map<string, SessionId[]>();
  #apartCount = 0;
  readonly #reserved = new ReservationTally();
  #list: List;
  #size: number;
  #messages = 0;
  #acknowledged = 0;
  #failed = 0;
  #failuresInARow = 0;
  readonly #cancelled = new AbortController();

  constructor(parts: DonationParts) {
    this.#parts = parts;
    this.#size = parts.settings.sendAllSessions ? Infinity : parts.settings.sendAllSessionsSize;
    this.#list = newList(parts.dialect);
  }

  /** Ends it at once; what is on its way may still arrive. */
  cancel(): void {
    this.#cancelled.abort();
  }

  /** Something has happened to a session of the context; `stamp`: of the message that said so, null where none did. */
  noticed(event: SessionEvent, stamp: Stamp | null): void {
    this.#written.noticed(event, stamp !== null && stamp.timestamp < this.#parts.listedAt);
  }

  /** Resolves at once when it is cancelled. Rejects with what the store throws. */
  async run(): Promise<DonationOutcome> {
    const { signal } = this.#cancelled;
    const cancelled = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await (signal.aborted ? undefined : Promise.race([this.#sendAll(), cancelled]));
    return {
      sessions: this.#acknowledged,
      failed: this.#failed,
      messages: this.#messages,
      missed: this.#written.unheeded,
      ...this.#reserved.counts,
      examples: this.#reserved.examples,
    };
  }

  async #sendAll(): Promise<void> {
    const breath = this.#parts.slices.begin();
    await this.#sendMany(breath);
    await this.#sendApart(breath);
    do {
      await this.#sendDue(breath);
      await this.#flight.landed();
      await this.#sendEnds(breath);
      await this.#sendSupplements(breath);
      await this.#flight.landed();
    } while (this.#written.isBehind && !this.#isOver);
  }

  get #isOver(): boolean {
    return this.#cancelled.signal.aborted || this.#failuresInARow >= MAX_FAILURES;
  }

  /** At least one message, if only an empty one: so it is with a Tomcat, too. */
  async #sendMany(breath: Breath): Promise<void> {
    const { store, context } = this.#parts;
    for (const record of store.records(context)) {
      if (this.#isOver) {
        return;
      }
      const session = record === undefined || this.#written.has(record.id) ? null : this.#prepared(record);
      if (session !== null && session.demands.length > 0) {
        this.#setApart(session);
      } else if (session !== null) {
        await this.#add(session);
      }
      await breath();
    }
    if (this.#messages === 0 || this.#list.ids.length > 0) {
      await this.#sendList(1);
    }
  }

  async #sendApart(breath: Breath): Promise<void> {
    const share = Math.ceil(this.#apartCount / MAX_APART);
    for (const [demands, ids] of this.#apart) {
      for (const id of ids) {
        if (this.#isOver) {
          return;
        }
        const session = this.#prepareFirst(id);
        if (session !== null && demandsOf(session) !== demands) {
          this.#written.postpone(id); // it has changed
        } else if (session !== null) {
          this.#write(session);
          const { ids: written, writer } = this.#list;
          if (written.length >= share || writer.byteLength >= MESSAGE_BYTES) {
            await this.#sendList(APART_AT_A_TIME);
          }
        }
        await breath();
      }
      if (this.#list.ids.length > 0) {
        await this.#sendList(APART_AT_A_TIME);
      }
    }
  }

  /** Each by itself: they are few. */
  async #sendDue(breath: Breath): Promise<void> {
    for (const id of this.#written.takeDue()) {
      const session = this.#isOver ? null : this.#prepare(id);
      if (session !== null) {
        this.#write(session);
        if (this.#list.ids.length > 0) {
          await this.#sendList(APART_AT_A_TIME);
        }
      }
      await breath();
    }
  }

  /** Behind all sessions: what the asker carries out when it has its state, it carries out in the order in which it came. */
  async #sendEnds(breath: Breath): Promise<void> {
    const { store, context, sendExpired } = this.#parts;
    for (const id of this.#written.takeOver()) {
      if (!this.#isOver && store.get(context, id) === undefined) {
        await this.#launch(APART_AT_A_TIME, () => sendExpired(id));
      }
      await breath();
    }
  }

  async #sendSupplements(breath: Breath): Promise<void> {
    for (const id of this.#written.takeSupplements()) {
      const session = this.#isOver ? null : this.#prepare(id);
      const deltas = session && this.#guarded(id, () => encodeSupplements(session));
      for (const delta of deltas ?? []) {
        await this.#launch(APART_AT_A_TIME, () => this.#parts.sendDelta(id, delta));
      }
      await breath();
    }
  }

  #prepareFirst(id: SessionId): DonatedSession | null {
    return this.#written.has(id) ? null : this.#prepare(id);
  }

  /** Null if there is nothing to send: it has gone, or is damaged. */
  #prepare(id: SessionId): DonatedSession | null {
    const { store, context } = this.#parts;
    const record = store.get(context, id);
    return record === undefined ? null : this.#prepared(record);
  }

  #prepared(record: SessionRecord): DonatedSession | null {
    return this.#guarded(record.id, () => donatedSession(record, this.#parts.dialect));
  }

  /** Keeps its id only: a session that is made ready takes tens of KB, and may change until its turn comes. */
  #setApart(session: DonatedSession): void {
    const demands = demandsOf(session);
    const ids = this.#apart.get(demands);
    this.#apartCount++;
    if (ids === undefined) {
      this.#apart.set(demands, [session.record.id]);
    } else {
      ids.push(session.record.id);
    }
  }

  async #add(session: DonatedSession): Promise<void> {
    this.#write(session);
    const { settings, clock } = this.#parts;
    const bytes = settings.sendAllSessions ? MAX_MESSAGE_BYTES : MESSAGE_BYTES;
    if (this.#list.ids.length >= this.#size || this.#list.writer.byteLength >= bytes) {
      await this.#sendList(1);
      if (settings.sendAllSessionsWaitTime > 0) {
        await this.#flight.landed();
        await new Promise<void>((resolve) => void clock.after(settings.sendAllSessionsWaitTime, resolve));
      }
    }
  }

  #write(session: DonatedSession): void {
    const { id } = session.record;
    if (this.#guarded(id, () => this.#list.writer.add(session, this.#written.sentAs(id))) === null) {
      this.#rewriteList();
      return;
    }
    this.#list.ids.push(id);
    if (!this.#written.has(id)) {
      this.#list.firsts++;
      this.#reserved.add(session.reserved);
    }
    this.#written.wrote(id, session.supplement !== null);
  }

  /** A session that broke off has left the list in disorder. */
  #rewriteList(): void {
    const { ids, firsts } = this.#list;
    this.#list = { ...newList(this.#parts.dialect), firsts };
    for (const id of ids) {
      const session = this.#prepare(id);
      if (session !== null) {
        this.#list.writer.add(session, this.#written.sentAs(id));
        this.#list.ids.push(id);
      }
    }
  }

  /** Sends the list as soon as fewer than `atATime` messages are on their way, and begins a new one. */
  async #sendList(atATime: number): Promise<void> {
    const { ids, firsts, writer } = this.#list;
    const list = writer.toBuffer();
    this.#list = newList(this.#parts.dialect);
    await this.#launch(atATime, async () => {
      const begunAt = this.#parts.clock.monotonic();
      const isAcknowledged = await this.#parts.sendList(list);
      if (isAcknowledged) {
        this.#acknowledged += firsts;
      } else {
        this.#failed += ids.length;
      }
      if (this.#parts.clock.monotonic() - begunAt > SLOW_MS) {
        this.#size = Math.max(FEWEST_SESSIONS, Math.ceil(ids.length / 2));
      }
      return isAcknowledged;
    });
  }

  async #launch(atATime: number, send: () => Promise<boolean>): Promise<void> {
    this.#messages++;
    await this.#flight.launch(atATime, async () => {
      this.#failuresInARow = (await send()) ? 0 : this.#failuresInARow + 1;
    });
  }

  /** Null, and a line in the log, where a session is damaged. */
  #guarded<T>(sessionId: SessionId, step: () => T): T | null {
    try {
      return step();
    } catch (error) {
      if (!isTribesError(error)) {
        throw error;
      }
      this.#failed++;
      const { context, logger } = this.#parts;
      logger.error({ context, sessionId, error: error.message }, 'a session cannot be sent');
      return null;
    }
  }
}

interface List {
  readonly writer: SessionListWriter;
  readonly ids: SessionId[];
  /** How many of them have not been sent before. */
  firsts: number;
}

function newList(dialect: Dialect): List {
  return { writer: new SessionListWriter(dialect), ids: [], firsts: 0 };
}

function demandsOf({ demands }: DonatedSession): string {
  return demands.join('\n');
}

/** Payloads of SESSION_DELTA that set what the asker may be unable to read: one for each, as one may be in vain. */
function encodeSupplements({ record, supplement }: DonatedSession): Buffer[] {
  return supplement === null
    ? []
    : [
        ...supplement.attributes.map((group) => encodeDelta(record.id, 'attribute', group)),
        ...supplement.notes.map((group) => encodeDelta(record.id, 'note', group)),
      ];
}

function encodeDelta(sessionId: SessionId, type: 'attribute' | 'note', group: DonatedGroup): Buffer {
  const output = spliceOutput();
  const actions = namedValues(group, output).map(({ name, value }): DeltaAction<Written> => ({
    type,
    action: 'set',
    name,
    value,
  }));
  encodeDeltaRequest({ sessionId, recordAllActions: false, actions }, selfWriting(output));
  return output.toBuffer();
}
