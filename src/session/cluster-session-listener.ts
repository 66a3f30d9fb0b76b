import {
  contextName,
  isTribesError,
  messageOf,
  sessionId,
  TribesError,
  type Clock,
  type ContextName,
  type JavaLimits,
  type Logger,
  type LogThrottle,
  type SessionStore,
  type UniqueId,
} from '../base/index.js';
import type { Channel, ReceivedMessage } from '../channel/index.js';
import type { Member } from '../membership/index.js';
import {
  SEND_OPTIONS,
  sessionMessageForm,
  type DialectObserver,
  type SessionEvent,
  type SessionMessageForm,
} from '../wire/index.js';
import type { DeltaManager } from './delta-manager.js';
import type { Donor } from './manager/session-intake.js';
import type { LiveMessage } from './message/live-message.js';
import type { Managers } from './managers.js';
import { decodeEvent, decodeLive, payloadOf } from './message/message-decoder.js';
import { walkTransfer, type Report } from './message/message-reader.js';
import type { SessionCounters, SessionEventName } from './session-counters.js';
import type { Slices } from './slices.js';
import type { StateDonor } from './donating/state-donor.js';
import { isMirror } from './continuity/mirror-member.js';
import type { StateJoiner } from './joining/state-joiner.js';
import { transferMark } from './donating/transfer-mark.js';
import type { TransferQueue } from './joining/transfer-queue.js';

export interface ClusterSessionListenerParts {
  readonly channel: Pick<Channel, 'observeDialect' | 'members'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly complaints: LogThrottle;
  readonly counters: SessionCounters;
  readonly store: Pick<SessionStore, 'checkRoom' | 'commit'>;
  readonly managers: Managers;
  readonly joiner: StateJoiner;
  readonly donor: StateDonor;
  readonly queue: TransferQueue;
  readonly slices: Slices;
  /** Milliseconds to add to a member's time to have ours. */
  readonly skewOf: (member: UniqueId) => number;
  /** What a Java stream that came may be. */
  readonly javaLimits: JavaLimits;
  /** What is kept of a message for a value that cannot be understood. */
  readonly maxUncutBytes: number;
  /** Our time, as the managers are given it. */
  readonly now: () => number;
  /** What is known of a member whose state is taken in. */
  readonly donorOf: (member: Member) => Donor;
  /** Whether Tomcats may take their state from this node. */
  readonly isSource: boolean;
}

/** A transfer that is being taken in says so that often. */
const PROGRESS_MS = 1000;

/**
 * For so long a state waits for what others have sent before it was asked for and what is still on its way, milliseconds.
 * The asker does not wait longer for it: it looks every 100 ms (`DeltaManager.waitForSendAllSessions`).
 */
const SETTLE_MS = 50;

/** Nothing is on its way where nothing has come for so long. Milliseconds. */
const QUIET_MS = 10_000;

/** Hands session messages to the managers of their contexts (`ClusterSessionListener.messageReceived`). */
export class ClusterSessionListener {
  readonly #parts: ClusterSessionListenerParts;
  /** When the last live message came, by our time. */
  #liveAt = -Infinity;
  #stopped = false;
  #reporting:
    { readonly member: Member; readonly context: ContextName | null; readonly report: Report } | undefined;
  #observed: { readonly member: Member; readonly observe: DialectObserver } | undefined;

  constructor(parts: ClusterSessionListenerParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#stopped = true;
  }

  /**
   * True when it is a session message; for a sender that waits for its processing, when what it changed is safe. Errors:
   * TRIBES_E_SESSION_EVENT, TRIBES_E_SESSION_INCOMPLETE, those of the codecs, and TRIBES_E_STORE_FULL.
   */
  messageReceived(received: ReceivedMessage): boolean | Promise<boolean> {
    const form = received.isByteMessage ? undefined : sessionMessageForm(received.payload);
    if (form === undefined) {
      return false;
    }
    try {
      const taken = this.#take(received, form);
      return taken === true ? taken : taken.catch((error: unknown) => this.#failed(error));
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): never {
    this.#parts.counters[isTribesError(error, 'TRIBES_E_STORE_FULL') ? 'refusedFull' : 'undecodable']++;
    throw error;
  }

  #take(received: ReceivedMessage, form: SessionMessageForm): true | Promise<true> {
    const { sender } = received;
    const observe = this.#observer(sender);
    const { name, message } = decodeEvent(received, form, observe, this.#parts.javaLimits);
    this.#parts.counters.received[name]++;
    const context = message.contextName === null ? null : contextName(message.contextName);
    switch (name) {
      case 'GET_ALL_SESSIONS':
        this.#stateRequested(sender, context, message);
        return true;
      case 'ALL_SESSION_DATA':
        return this.#stateReceived(sender, contextOf(name, context), payloadOf(name, message));
      case 'ALL_SESSION_TRANSFERCOMPLETE':
        return this.#stateComplete(sender, contextOf(name, context));
      case 'ALL_SESSION_NOCONTEXTMANAGER':
        if (context === null && isMirror(sender)) {
          this.#parts.joiner.answeredAll(sender);
        } else {
          this.#parts.joiner.answered(sender, contextOf(name, context), 'no-context-manager');
        }
        return true;
      default:
        return this.#liveWithRoom(name, context, message, received, observe);
    }
  }

  /** As `stored` does, and without a closure where there is room, which is the rule. */
  #liveWithRoom(
    name: SessionEventName,
    context: ContextName | null,
    message: SessionEvent,
    received: ReceivedMessage,
    observe: DialectObserver,
  ): true | Promise<true> {
    const room = this.#parts.store.checkRoom();
    if (room !== undefined) {
      return this.#storedLater(
        room,
        received,
        this.#live.bind(this, name, context, message, received, observe),
      );
    }
    this.#live(name, context, message, received, observe);
    return this.#whenSafe(received) ?? true;
  }

  /** Changes something when there is room for it, and sees that it is safe before a sender that waits is told. */
  stored(received: Pick<ReceivedMessage, 'options'>, change: () => void): true | Promise<true> {
    const room = this.#parts.store.checkRoom();
    if (room !== undefined) {
      return this.#storedLater(room, received, change);
    }
    change();
    return this.#whenSafe(received) ?? true;
  }

  #storedLater(
    room: Promise<void>,
    received: Pick<ReceivedMessage, 'options'>,
    change: () => void,
  ): Promise<true> {
    return room.then(change).then(() => this.#whenSafe(received) ?? true);
  }

  /** Undefined where nobody waits for that. */
  #whenSafe({ options }: Pick<ReceivedMessage, 'options'>): Promise<true> | undefined {
    return (options & SEND_OPTIONS.SYNCHRONIZED_ACK) === 0
      ? undefined
      : this.#parts.store.commit().then(() => true as const);
  }

  // ---- live messages ----

  #live(
    name: SessionEventName,
    context: ContextName | null,
    message: SessionEvent,
    received: ReceivedMessage,
    observe: DialectObserver,
  ): void {
    const { managers, joiner, slices, javaLimits, maxUncutBytes } = this.#parts;
    const now = this.#parts.now();
    if (context !== null && this.#isDeferred(name, context, message, received.sender, now)) {
      this.#liveAt = now;
      slices.messageCame();
      joiner.shows(received.sender, context);
      return;
    }
    const report = this.#reporter(received.sender, context);
    const live = decodeLive(name, message, received, observe, report, javaLimits, maxUncutBytes);
    this.#liveAt = now;
    slices.messageCame();
    if (context === null) {
      this.#receivedByAll(live, now);
      return;
    }
    const manager = managers.of(context);
    if (manager !== undefined) {
      joiner.shows(received.sender, context);
      manager.received(live, now);
    }
  }

  /** Whether it is a change of a session that need not be read before somebody asks for the session. */
  #isDeferred(
    name: SessionEventName,
    context: ContextName,
    message: SessionEvent,
    sender: Member,
    now: number,
  ): boolean {
    const { session: payload, sessionId: id, timestamp } = message;
    const isDelta = name === 'SESSION_DELTA' && payload !== null;
    if (id === null || !(isDelta || name === 'SESSION_ACCESSED')) {
      return false;
    }
    const manager = this.#parts.managers.known(context);
    return (
      manager?.deferred(sessionId(id), isDelta ? payload : null, sender.uniqueId, timestamp, now) === true
    );
  }

  /** A message without a context is for every manager; where it would only wait for a session, it is for none. */
  #receivedByAll(live: LiveMessage, now: number): void {
    const { type, id } = live;
    for (const manager of [...this.#parts.managers]) {
      if (type === 'created' || type === 'expired' || manager.has(id)) {
        manager.received(live, now);
      }
    }
  }

  // ---- states that come ----

  #stateReceived(donor: Member, context: ContextName, payload: Buffer): true | Promise<true> {
    const manager = this.#parts.managers.of(context);
    if (manager === undefined) {
      return true;
    }
    try {
      // Taking it in waits for room; what cannot be taken in at all, the donor is told.
      this.#parts.store.checkRoom()?.catch(() => undefined);
    } catch (error) {
      this.#parts.joiner.answered(donor, context, 'torn');
      throw error;
    }
    this.#parts.joiner.answered(donor, context, 'data');
    const takeIn = (): Promise<void> => this.#takeIn(donor, manager, payload);
    return this.#parts.queue.add({ bytes: payload.length, takeIn }).then(() => true);
  }

  /** Behind the data in the queue, so that a transfer is complete when it has been taken in. */
  #stateComplete(donor: Member, context: ContextName): true | Promise<true> {
    if (this.#parts.managers.of(context) === undefined) {
      return true;
    }
    const takeIn = (): Promise<void> => {
      this.#parts.joiner.answered(donor, context, 'complete');
      return Promise.resolve();
    };
    return this.#parts.queue.add({ bytes: 0, takeIn }).then(() => true);
  }

  /** Never rejects. */
  async #takeIn(donor: Member, manager: DeltaManager, payload: Buffer): Promise<void> {
    const { joiner, slices, store, counters, logger, now, javaLimits, maxUncutBytes } = this.#parts;
    const { context } = manager;
    const liveSince = joiner.liveSince(donor, context);
    const from = this.#parts.donorOf(donor);
    const report = this.#reporter(donor, context);
    const sessions = walkTransfer(payload, this.#observer(donor), report, javaLimits, maxUncutBytes);
    let taken = 0;
    let toldAt = now();
    const paused = async (): Promise<boolean> => {
      if (now() - toldAt >= PROGRESS_MS) {
        toldAt = now();
        joiner.answered(donor, context, 'data');
      }
      await store.checkRoom();
      return !this.#stopped;
    };
    try {
      await store.checkRoom();
      await slices.forEach(
        sessions,
        (session) => {
          if (session !== undefined) {
            manager.transferred(session, from, liveSince, now());
            taken++;
          }
        },
        paused,
      );
      if (this.#stopped) {
        return;
      }
      counters.transfersRead++;
      joiner.answered(donor, context, 'data');
      logger.info({ member: donor.name, context, sessions: taken, bytes: payload.length }, 'took in a state');
    } catch (error) {
      counters.transfersTorn++;
      if (isTribesError(error, 'TRIBES_E_STORE_FULL')) {
        counters.refusedFull++;
      }
      joiner.answered(donor, context, 'torn');
      const fields = { member: donor.name, context, sessions: taken, bytes: payload.length };
      const text = 'a state cannot be read to its end: what comes behind is missing';
      logger[isTribesError(error) ? 'warn' : 'error']({ ...fields, error: messageOf(error) }, text);
    }
  }

  // ---- states that are asked for ----

  /**
   * Mirrors are answered at once with what we have; Tomcats, which ask one member only, when we have what the others
   * have (`StateJoiner.readyToAnswer`). For a context that we know nothing of the answer is an empty state, and not
   * NOCONTEXTMANAGER: that one makes a Tomcat log a warning, and its manager never waits for sessions again, however
   * often it is started (`DeltaManager.waitForSendAllSessions`).
   */
  #stateRequested(
    asker: Member,
    context: ContextName | null,
    { timestamp, timestampSet }: SessionEvent,
  ): void {
    const { managers, joiner, donor, clock, channel, isSource } = this.#parts;
    const askedAt = timestampSet && timestamp > 0 ? timestamp : clock.now();
    const others = channel.members().map(({ uniqueId }) => uniqueId);
    const listedAt = transferMark(askedAt, asker.uniqueId, others, this.#parts.skewOf);
    const fromMirror = isMirror(asker);
    if (context === null) {
      void (isSource || fromMirror ? this.#serveAll(asker, managers.names, listedAt) : undefined);
    } else if (managers.of(context) === undefined || !(isSource || fromMirror)) {
      void donor.refuse(asker, context);
    } else if (fromMirror) {
      void donor.serve(asker, context, listedAt);
    } else {
      joiner.startsEmpty(asker, context);
      void this.#serveWhenReady(asker, context, listedAt);
    }
  }

  /** Never rejects. */
  async #serveWhenReady(asker: Member, context: ContextName, listedAt: number): Promise<void> {
    const { joiner, donor } = this.#parts;
    if (await joiner.readyToAnswer(asker, context)) {
      joiner.waits(asker, context, true);
      await donor.serve(asker, context, listedAt, this.#isQuietBut(asker) ? 0 : SETTLE_MS);
      joiner.waits(asker, context, false);
    }
  }

  /** Whether nobody but the asker is there who has been heard lately. */
  #isQuietBut(asker: Member): boolean {
    const { channel, now } = this.#parts;
    const isAlone = channel.members().every((other) => other.uniqueId === asker.uniqueId || isMirror(other));
    return isAlone || now() - this.#liveAt >= QUIET_MS;
  }

  /**
   * A mirror is told that there are no other contexts: it need not wait for more. A Tomcat never is. Never rejects.
   */
  async #serveAll(asker: Member, contexts: readonly ContextName[], listedAt: number): Promise<void> {
    const { donor } = this.#parts;
    for (const context of contexts) {
      await donor.serve(asker, context, listedAt);
    }
    if (isMirror(asker)) {
      await donor.refuse(asker, null);
    }
  }

  // ---- what is noticed on the way ----

  /** The same for one message of a member after the other. */
  #observer(member: Member): DialectObserver {
    if (this.#observed?.member !== member) {
      const observe: DialectObserver = (observation) =>
        this.#parts.channel.observeDialect(member, observation);
      this.#observed = { member, observe };
    }
    return this.#observed.observe;
  }

  /** Says what could not be taken as it was meant: counted, and logged once a minute for each member and kind. */
  #reporter(member: Member, context: ContextName | null): Report {
    if (this.#reporting?.member !== member || this.#reporting.context !== context) {
      this.#reporting = { member, context, report: this.#newReporter(member, context) };
    }
    return this.#reporting.report;
  }

  #newReporter(member: Member, context: ContextName | null): Report {
    const { counters, complaints, logger } = this.#parts;
    return ({ kind, name: attribute, why }) => {
      counters[kind === 'aborted' ? 'abortedValues' : kind === 'uncut' ? 'uncutValues' : 'lostValues']++;
      const times = complaints.admit(`${kind} ${member.key}`);
      if (times > 0) {
        logger.warn({ member: member.name, context, attribute, why, times }, TEXTS[kind]);
      }
    };
  }
}

/** Error: TRIBES_E_SESSION_INCOMPLETE for null: no manager answers without its name. */
function contextOf(event: SessionEventName, context: ContextName | null): ContextName {
  if (context === null) {
    throw new TribesError('TRIBES_E_SESSION_INCOMPLETE', { event, missing: 'context' });
  }
  return context;
}

const TEXTS = {
  aborted: 'a value did not come: its sender could not serialise it',
  uncut: 'a value cannot be understood: it is kept as it came, and never shown or passed on',
  lost: 'a value cannot be understood, and could not be kept',
} as const;
