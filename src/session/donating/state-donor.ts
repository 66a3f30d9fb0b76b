import { messageOf, type Clock, type ContextName, type Logger, type UniqueId } from '../../base/index.js';
import type { Channel } from '../../channel/index.js';
import type { Member } from '../../membership/index.js';
import {
  encodeSessionMessage,
  SEND_OPTIONS,
  sessionMessages,
  type Dialect,
  type SessionMessage,
} from '../../wire/index.js';
import type { Offered } from './offered-sessions.js';
import { isMirror } from '../continuity/mirror-member.js';
import { AgedMap } from '../order/aged-map.js';
import type { Stamp } from '../order/change-order.js';
import { Donation, type DonationOutcome } from './donation.js';
import { defaultDonorSettings, type DonorSettings } from './donor-settings.js';
import type { SessionCounters } from '../session-counters.js';
import type { ServedState, SessionEvent } from '../session-mirror.js';
import { Slices } from '../slices.js';

export interface StateDonorParts {
  readonly channel: Pick<Channel, 'send' | 'dialectOf'>;
  readonly store: Pick<Offered, 'get' | 'records'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: SessionCounters;
  /** `channelSendOptions`: what the end of a transfer is sent with; never by UDP or multicast. */
  readonly sendOptions: number;
  /** Default: those of `defaultDonorSettings`. */
  readonly settings?: Partial<DonorSettings>;
  readonly slices?: Slices;
}

/** What ALL_SESSION_DATA is always sent with: the next batch goes when the last one has been loaded. */
const DATA_OPTIONS = SEND_OPTIONS.USE_ACK | SEND_OPTIONS.SYNCHRONIZED_ACK;

/** The end of a state goes without them: a Tomcat waits a minute for one that is lost, and takes that of another for its own. */
const NOT_FOR_STATES = SEND_OPTIONS.UDP | SEND_OPTIONS.MULTICAST;

/** Transfers at a time; each holds a batch and its encoding. */
const MAX_TRANSFERS = 8;

/** Transfers that wait their turn; anybody can ask, under any name. */
const MAX_WAITING = 256;

/** States that were sent, remembered to be shown. */
const MAX_SERVED = 1024;

/** Answers state requests of others with what the store has (`DeltaManager.handleGET_ALL_SESSIONS`). */
export class StateDonor {
  readonly #parts: StateDonorParts;
  readonly #settings: DonorSettings;
  readonly #endOptions: number;
  readonly #slices: Slices;
  /** Transfers that go on, by member and context: who asks again meanwhile gets what is on its way. */
  readonly #serving = new Set<string>();
  readonly #donations = new Map<Donation, ContextName>();
  /** What became of the last state sent to each member, by context. */
  readonly #served = new AgedMap<string, ServedState>(Infinity, MAX_SERVED);
  /** Who waits for a turn. */
  readonly #turns: (() => void)[] = [];
  /** Told when nobody is being served any more. */
  readonly #idle: (() => void)[] = [];
  #closed = false;

  constructor(parts: StateDonorParts) {
    this.#parts = parts;
    this.#settings = { ...defaultDonorSettings, ...parts.settings };
    this.#endOptions = parts.sendOptions & ~NOT_FOR_STATES;
    this.#slices = parts.slices ?? new Slices(parts.clock);
  }

  /** Ends the states that are being sent, behind the messages that are on their way. */
  close(): void {
    this.#closed = true;
    for (const donation of this.#donations.keys()) {
      donation.cancel();
    }
  }

  /** Whether a state is on its way that could miss something. */
  get isDonating(): boolean {
    return this.#donations.size > 0;
  }

  /**
   * Something has happened to a session: to be told of everything, so that no state on its way misses it.
   *
   * @param stamp of the message that said so; null where none did.
   */
  noticed(event: SessionEvent, stamp: Stamp | null): void {
    for (const [donation, context] of this.#donations) {
      if (context === event.context) {
        donation.noticed(event, stamp);
      }
    }
  }

  /** The last state that was sent to the member; undefined if there was none, or long ago. */
  servedTo(member: UniqueId, context: ContextName): ServedState | undefined {
    return this.#served.get(`${member} ${context}`);
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
   * @param settleMs for how long what was sent before that time may arrive before the first session is written. What comes
   * later has to be sent again, and the asker says a warning.
   */
  async serve(member: Member, context: ContextName, listedAt: number, settleMs = 0): Promise<void> {
    const key = `${member.key} ${context}`;
    if (this.#serving.has(key)) {
      return;
    }
    if (this.#serving.size >= MAX_TRANSFERS + MAX_WAITING) {
      this.#parts.counters.transfersRefused++;
      return;
    }
    this.#serving.add(key);
    if (this.#serving.size > MAX_TRANSFERS) {
      await new Promise<void>((resolve) => void this.#turns.push(resolve));
    }
    if (settleMs > 0) {
      await new Promise<void>((resolve) => void this.#parts.clock.after(settleMs, resolve));
    }
    const outcome = await this.#donate(member, context, listedAt).catch((error: unknown) => {
      this.#complain(member, context, error);
      return null;
    });
    // Whatever became of the sessions: who waits for the end of a state waits for a minute.
    const complete = sessionMessages.transferComplete(context, listedAt);
    if (await this.#trySend(member, context, complete, this.#endOptions)) {
      this.#parts.counters.transfersServed++;
    }
    this.#report(member, context, outcome);
    this.#serving.delete(key);
    this.#turns.shift()?.();
    if (this.#serving.size === 0) {
      for (const resolve of this.#idle.splice(0)) {
        resolve();
      }
    }
  }

  /** Says that there is no such context here. Never rejects. */
  async refuse(member: Member, context: ContextName | null): Promise<void> {
    const message = sessionMessages.noContextManager(context);
    await this.#trySend(member, context, message, this.#endOptions);
  }

  async #donate(member: Member, context: ContextName, listedAt: number): Promise<DonationOutcome> {
    const { store, clock, logger } = this.#parts;
    const send = (message: SessionMessage): Promise<boolean> =>
      this.#trySend(member, context, message, DATA_OPTIONS);
    const donation = new Donation({
      store,
      clock,
      logger,
      slices: this.#slices,
      settings: this.#settings,
      context,
      dialect: this.#dialectOf(member),
      listedAt,
      sendList: (list) => send(sessionMessages.allSessionData(context, list, listedAt)),
      sendDelta: (id, delta) => send(sessionMessages.delta(context, id, delta, listedAt)),
      sendExpired: (id) => send(sessionMessages.expired(context, id, listedAt)),
    });
    this.#donations.set(donation, context);
    if (this.#closed) {
      donation.cancel();
    }
    try {
      return await donation.run();
    } finally {
      this.#donations.delete(donation);
    }
  }

  /** What is set decides for Tomcats whose line is not known; a mirror has no servlet API. */
  #dialectOf(member: Member): Dialect {
    const dialect = this.#parts.channel.dialectOf(member);
    const { servletApi } = this.#settings;
    const isSet = servletApi !== 'auto' && dialect.servletPackage === 'unknown' && !isMirror(member);
    return isSet ? { ...dialect, servletPackage: servletApi } : dialect;
  }

  #report(member: Member, context: ContextName, outcome: DonationOutcome | null): void {
    if (outcome === null) {
      return;
    }
    const { counters, clock, logger } = this.#parts;
    const { sessions, failed, leftOut, uncut, messages, missed, examples } = outcome;
    // A mirror takes in whatever it is sent.
    const inDoubt = isMirror(member) ? 0 : outcome.inDoubt;
    counters.servedSessions += sessions;
    counters.unservedSessions += failed;
    counters.leftOutValues += leftOut;
    counters.unservedUncutValues += uncut;
    counters.doubtfulValues += inDoubt;
    const served = { at: clock.now(), sessions, failed, leftOut, uncut, inDoubt };
    this.#served.set(`${member.uniqueId} ${context}`, served, clock.monotonic());
    const fields = { member: member.name, context, sessions, messages };
    logger.info({ ...fields, ...(failed > 0 && { failed }) }, 'answered a state request');
    if (missed > 0) {
      const text =
        'changes were too many that the asker drops, since they are stamped before its request: it lacks some; ' +
        'compare the clocks of the members';
      logger.warn({ member: member.name, context, changes: missed }, text);
    }
    if (leftOut > 0) {
      const text =
        'values of classes of the servlet API that the asker does not have were left out of its state';
      logger.warn({ member: member.name, context, values: leftOut, examples: examples.leftOut }, text);
    }
    if (inDoubt > 0) {
      const text =
        'values of classes of a servlet API were sent of which nobody knows whether the asker has it; ' +
        'manager.servletApi can say so';
      logger.info({ member: member.name, context, values: inDoubt, examples: examples.inDoubt }, text);
    }
    if (uncut > 0) {
      const text =
        'values that cannot be understood were left out of the state of the asker; they stay with the message that brought them';
      logger.warn({ member: member.name, context, values: uncut, examples: examples.uncut }, text);
    }
  }

  #complain(member: Member, context: ContextName | null, error: unknown): void {
    if (!this.#closed) {
      const fields = { member: member.name, context, error: messageOf(error) };
      this.#parts.logger.warn(fields, 'could not answer a state request');
    }
  }

  /** Whether it was sent. Never rejects. */
  async #trySend(
    member: Member,
    context: ContextName | null,
    message: SessionMessage,
    options: number,
  ): Promise<boolean> {
    try {
      const { faulty } = await this.#parts.channel.send(
        [member],
        (dialect) => encodeSessionMessage(message, dialect),
        options,
      );
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
