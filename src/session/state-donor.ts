import {
  isTribesError,
  messageOf,
  type ContextName,
  type Logger,
  type SessionRecord,
  type SessionStore,
} from '../base/index.js';
import type { Channel } from '../channel/index.js';
import type { Member } from '../membership/index.js';
import {
  encodeSessionMessage,
  SEND_OPTIONS,
  sessionMessages,
  type Dialect,
  type SessionMessage,
} from '../wire/index.js';
import type { SessionCounters } from './session-counters.js';
import { encodeSessions } from './session-list-writer.js';

export interface StateDonorParts {
  readonly channel: Pick<Channel, 'send'>;
  readonly store: Pick<SessionStore, 'get' | 'summaries'>;
  readonly logger: Logger;
  readonly counters: SessionCounters;
  /** `channelSendOptions`: what the end of a transfer is sent with. */
  readonly sendOptions: number;
}

/** What ALL_SESSION_DATA is always sent with: the next batch goes when the last one has been loaded. */
const DATA_OPTIONS = SEND_OPTIONS.USE_ACK | SEND_OPTIONS.SYNCHRONIZED_ACK;

/** A batch is sent when it has one of these. A receiver has to load it within 5 seconds. */
const BATCH_SESSIONS = 500;
const BATCH_BYTES = 2 ** 19;

/** Transfers at a time; each holds a batch and its encoding. */
const MAX_TRANSFERS = 8;

/** Transfers that wait their turn; anybody can ask, under any name. */
const MAX_WAITING = 256;

/** After that many batches in a row that were not acknowledged, the asker is taken for gone. */
const MAX_FAILURES = 3;

/** Answers state requests of others with what the store has (`DeltaManager.handleGET_ALL_SESSIONS`). */
export class StateDonor {
  readonly #channel: Pick<Channel, 'send'>;
  readonly #store: Pick<SessionStore, 'get' | 'summaries'>;
  readonly #logger: Logger;
  readonly #counters: SessionCounters;
  readonly #sendOptions: number;
  /** Transfers that go on, by member and context: who asks again meanwhile gets what is on its way. */
  readonly #serving = new Set<string>();
  /** Who waits for a turn. */
  readonly #turns: (() => void)[] = [];
  /** Told when nobody is being served any more. */
  readonly #idle: (() => void)[] = [];
  #closed = false;

  constructor({ channel, store, logger, counters, sendOptions }: StateDonorParts) {
    this.#channel = channel;
    this.#store = store;
    this.#logger = logger;
    this.#counters = counters;
    this.#sendOptions = sendOptions;
  }

  /** Ends the states that are being sent, behind the batch that is on its way. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when nobody is being served. */
  idle(): Promise<void> {
    return this.#serving.size === 0
      ? Promise.resolve()
      : new Promise((resolve) => void this.#idle.push(resolve));
  }

  /**
   * Sends the sessions of `context`, and the end. Never rejects.
   *
   * @param listedAt time stamp of all messages. A joining manager drops what was sent before that time by its senders'
   * clocks; so it should be the one of its request.
   */
  async serve(member: Member, context: ContextName, listedAt: number): Promise<void> {
    const key = `${member.key} ${context}`;
    if (this.#serving.has(key)) {
      return;
    }
    if (this.#serving.size >= MAX_TRANSFERS + MAX_WAITING) {
      this.#counters.transfersRefused++;
      return;
    }
    this.#serving.add(key);
    if (this.#serving.size > MAX_TRANSFERS) {
      await new Promise<void>((resolve) => void this.#turns.push(resolve));
    }
    const sessions = await this.#sendSessions(member, context, listedAt).catch((error: unknown) => {
      this.#complain(member, context, error);
      return 0;
    });
    // Whatever became of the sessions: who waits for the end of a state waits for a minute.
    const complete = (): SessionMessage => sessionMessages.transferComplete(context, listedAt);
    if (await this.#trySend(member, context, complete, this.#sendOptions)) {
      this.#counters.transfersServed++;
      this.#logger.info({ member: member.name, context, sessions }, 'answered a state request');
    }
    this.#serving.delete(key);
    this.#turns.shift()?.();
    if (this.#serving.size === 0) {
      for (const resolve of this.#idle.splice(0)) {
        resolve();
      }
    }
  }

  /** Says that there is no such context here. Never rejects. */
  async refuse(member: Member, context: ContextName): Promise<void> {
    await this.#trySend(member, context, () => sessionMessages.noContextManager(context), this.#sendOptions);
  }

  /** @returns how many sessions were sent; as a Tomcat does, it goes on behind a batch that was not acknowledged. */
  async #sendSessions(member: Member, context: ContextName, listedAt: number): Promise<number> {
    let sent = 0;
    let failures = 0;
    for (const batch of this.#batches(context)) {
      if (this.#closed) {
        break;
      }
      const encode = (dialect: Dialect): SessionMessage =>
        sessionMessages.allSessionData(context, this.#encodeBatch(batch, dialect), listedAt);
      if (await this.#trySend(member, context, encode, DATA_OPTIONS)) {
        sent += batch.length;
        this.#counters.servedSessions += batch.length;
        failures = 0;
      } else if (++failures >= MAX_FAILURES) {
        break;
      }
    }
    return sent;
  }

  /** At least one, if only an empty one: so it is with a Tomcat, too. */
  *#batches(context: ContextName): Generator<readonly SessionRecord[], void> {
    let batch: SessionRecord[] = [];
    let bytes = 0;
    let isFirst = true;
    for (const { id } of this.#store.summaries(context)) {
      const record = this.#store.get(context, id);
      if (record !== undefined) {
        batch.push(record);
        bytes += record.attributes.reduce((sum, { stream }) => sum + stream.length, 0);
      }
      if (batch.length >= BATCH_SESSIONS || bytes >= BATCH_BYTES) {
        yield batch;
        isFirst = false;
        batch = [];
        bytes = 0;
      }
    }
    if (isFirst || batch.length > 0) {
      yield batch;
    }
  }

  #encodeBatch(batch: readonly SessionRecord[], dialect: Dialect): Buffer {
    try {
      return encodeSessions(batch, dialect);
    } catch (error) {
      if (!isTribesError(error)) {
        throw error;
      }
      const sound = batch.filter((record) => this.#isEncodable(record, dialect));
      return encodeSessions(sound, dialect);
    }
  }

  #isEncodable(record: SessionRecord, dialect: Dialect): boolean {
    try {
      return encodeSessions([record], dialect).length > 0;
    } catch (error) {
      if (!isTribesError(error)) {
        throw error;
      }
      const { context, id: sessionId } = record;
      this.#logger.error({ context, sessionId, error: error.message }, 'a session cannot be sent');
      return false;
    }
  }

  #complain(member: Member, context: ContextName, error: unknown): void {
    if (!this.#closed) {
      const fields = { member: member.name, context, error: messageOf(error) };
      this.#logger.warn(fields, 'could not answer a state request');
    }
  }

  /** Whether it was sent. Never rejects. */
  async #trySend(
    member: Member,
    context: ContextName,
    message: (dialect: Dialect) => SessionMessage,
    options: number,
  ): Promise<boolean> {
    const encode = (dialect: Dialect): Uint8Array => encodeSessionMessage(message(dialect), dialect);
    try {
      const { faulty } = await this.#channel.send([member], encode, options);
      if (faulty[0] !== undefined) {
        throw faulty[0].cause;
      }
      return true;
    } catch (error) {
      this.#complain(member, context, error);
      return false;
    }
  }
}
