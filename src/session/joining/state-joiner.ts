import {
  messageOf,
  type Clock,
  type ContextName,
  type Logger,
  type Timer,
  type UniqueId,
} from '../../base/index.js';
import type { Channel } from '../../channel/index.js';
import type { Member } from '../../membership/index.js';
import { encodeSessionMessage, SEND_OPTIONS, sessionMessages } from '../../wire/index.js';
import { DeferredAnswers } from './deferred-answers.js';
import type { TransferMember } from './member-progress.js';
import { isMirror } from '../continuity/mirror-member.js';
import type { SessionCounters } from '../session-counters.js';
import type { ContextMember } from '../session-mirror.js';
import { StateTransfer, type Asker } from './state-transfer.js';
import { UNCHANGED, type TransferAction, type TransferAnswer } from './transfer-action.js';
import type { TransferSettings } from './transfer-settings.js';

export interface StateJoinerParts {
  readonly channel: Pick<Channel, 'send' | 'members'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: SessionCounters;
  readonly settings: TransferSettings;
  /** Our time, as the managers are given it. */
  readonly now: () => number;
  /** Messages that ended before all their bytes had come, since the start. */
  readonly brokenFrames: () => number;
  readonly roundBegun: () => void;
  readonly roundDone: (witnesses: ReadonlyMap<ContextName, ReadonlySet<UniqueId>>) => void;
}

/** GET_ALL_SESSIONS is sent with this (9.0.9 and later). */
const REQUEST_OPTIONS = SEND_OPTIONS.ASYNCHRONOUS;

/** How long a donor may be behind with what others have told it, when it lists its sessions. Milliseconds. */
const DONOR_LAG_MS = 1000;

/** Sentences of `warnings` at most; /v1/contexts has them all. */
const MAX_WARNINGS = 8;

const SEND_IN_PARTS =
  'A Tomcat waits for a message to be taken for the timeout of its <Transport> (3000 ms), and puts all sessions into one by default: ' +
  'set sendAllSessions="false" on the <Manager>, so that it sends them in parts, or raise the timeout. They come with what changes of ' +
  'them; the member is asked again, ever more rarely.';

/** Who has asked before we have joined, remembered at most. */
const MAX_EARLY_ASKERS = 1024;

/** `StateTransfer` at work: does what it says, over the channel, and wakes it in time. */
export class StateJoiner {
  readonly #parts: StateJoinerParts;
  readonly #machine: StateTransfer;
  /** When each member was first asked for each context, or for all (null), of the requests that go on. */
  readonly #askedAt = new Map<UniqueId, Map<ContextName | null, number>>();
  readonly #deferred: DeferredAnswers;
  /** Who has asked us before we have joined. */
  readonly #askers: Asker[] = [];
  #joined = false;
  #stopped = false;
  #brokenFrames = 0;
  #timer: Timer | undefined;
  /** Told when nothing is awaited any more. */
  #left: (() => void) | undefined;

  constructor(parts: StateJoinerParts) {
    this.#parts = parts;
    this.#machine = new StateTransfer(parts.settings);
    this.#deferred = new DeferredAnswers({
      clock: parts.clock,
      mayLearn: (asker, context) =>
        !this.#stopped && (!this.#joined || this.#machine.mayLearn(asker, context)),
      waits: (asker, context, waits) => this.waits(asker, context, waits),
      maxDelay: parts.settings.answerWithin,
    });
  }

  get isTransferring(): boolean {
    return this.#machine.isTransferring;
  }

  get reason(): string {
    return this.#machine.reason;
  }

  /** Begins, with those who are members now. */
  join(): void {
    this.#joined = true;
    this.#brokenFrames = this.#parts.brokenFrames();
    const members = this.#parts.channel.members().map((member) => transferMember(member));
    this.#do((machine, now) => machine.begin(members, now, this.#askers.splice(0)));
  }

  /**
   * Resolves when a Tomcat that asks for its sessions of that context is to be answered: when we have what the others
   * have, or after half of the time that it waits. With false when it has gone meanwhile.
   */
  readyToAnswer(asker: Member, context: ContextName): Promise<boolean> {
    return this.#deferred.ready(asker, context);
  }

  /**
   * Asks nobody any more; resolves when nobody sends what it was asked for, or at `stop`: a Tomcat that is cut off
   * while it sends its sessions logs an error.
   */
  leave(): Promise<void> {
    this.#machine.leave();
    this.#deferred.close();
    return new Promise((resolve) => {
      this.#left = resolve;
      this.#checkLeft();
    });
  }

  stop(): void {
    this.#joined = false;
    this.#stopped = true;
    this.#deferred.close();
    this.#checkLeft();
    this.#timer?.cancel();
  }

  /** @param returns whether it was here before, and has run since. */
  memberAdded(member: Member, returns: boolean): void {
    this.#do((machine, now) => machine.memberAdded(transferMember(member, returns), now));
  }

  memberGone({ uniqueId }: Member): void {
    this.#askedAt.delete(uniqueId);
    this.#deferred.memberGone(uniqueId);
    this.#do((machine, now) => machine.memberGone(uniqueId, now));
  }

  /** The member has sent something: called with every message, which is no news as a rule. */
  heard({ uniqueId }: Member): void {
    if (this.#machine.isSilent(uniqueId)) {
      this.#do((machine, now) => machine.heard(uniqueId, now));
    }
  }

  /** The member has called a map in which a BackupManager keeps its sessions. */
  hasBackupManagers({ uniqueId }: Member): void {
    this.#do((machine, now) => machine.hasBackupManagers(uniqueId, now));
  }

  /** The member has sent a message about the context: called with each of them. */
  shows({ uniqueId }: Member, context: ContextName): void {
    if (!this.#machine.hasShown(uniqueId, context)) {
      this.#do((machine, now) => machine.shows(uniqueId, context, now));
    }
  }

  /** The member begins to wait for what it has asked us for, or waits no longer: meanwhile it drops requests, with a warning. */
  waits({ uniqueId }: Member, context: ContextName, waits: boolean): void {
    this.#do((machine, now) => machine.waits(uniqueId, context, waits, now));
  }

  startsEmpty({ uniqueId }: Member, context: ContextName): void {
    if (this.#joined || this.#askers.length >= MAX_EARLY_ASKERS) {
      this.#do((machine, now) => machine.startsEmpty(uniqueId, context, now));
    } else {
      this.#askers.push({ uniqueId, context });
    }
  }

  /** Called every second: a message that broke off may have been part of a state. */
  tick(): void {
    const broken = this.#parts.brokenFrames();
    if (broken !== this.#brokenFrames) {
      this.#brokenFrames = broken;
      this.#do((machine, now) => machine.brokenOff(now));
    }
  }

  answered(member: Member, context: ContextName, answer: TransferAnswer): void {
    // A mirror that is itself waiting says age 0.
    const partial = isMirror(member) && member.info.aliveTime === 0n;
    this.tick();
    this.#do((machine, now) => machine.answered(member.uniqueId, context, answer, now, partial));
  }

  /** A mirror has nothing more to tell. */
  answeredAll({ uniqueId }: Member): void {
    this.#do((machine, now) => machine.answeredAll(uniqueId, now));
  }

  askAgain(uniqueId: UniqueId, context: ContextName): void {
    this.#do((machine, now) => machine.askAgain(uniqueId, context, now));
  }

  /** We have not taken what the members told us: everybody is asked again. */
  missed(): void {
    this.#do((machine, now) => machine.missed(now));
  }

  /** From when on live changes are younger than what the member has listed for us, by our clock. */
  liveSince({ uniqueId }: Member, context: ContextName): number {
    const asked = this.#askedAt.get(uniqueId);
    const askedAt = Math.max(asked?.get(context) ?? -Infinity, asked?.get(null) ?? -Infinity);
    return (Number.isFinite(askedAt) ? askedAt : this.#parts.now()) - DONOR_LAG_MS;
  }

  contextMember({ uniqueId, name }: Member, context: ContextName): ContextMember {
    const state = this.#machine.stateOf(uniqueId, context);
    const missing = this.#machine.missingOf(uniqueId, context);
    return {
      uniqueId,
      name,
      state,
      ...(this.#machine.isTorn(uniqueId, context) && { torn: true }),
      ...(missing && { missing }),
    };
  }

  /** Sessions that a member says to have sent, and that are missing here: one sentence for each context and member. */
  warnings(): readonly string[] {
    return this.#machine
      .missing()
      .slice(0, MAX_WARNINGS)
      .map(
        ({ member, context }) =>
          `${member.name} said that it had sent its sessions of ${context}, but they did not come, or not all of them: those are missing here. ${SEND_IN_PARTS}`,
      );
  }

  #do(event: (machine: StateTransfer, now: number) => readonly TransferAction[]): void {
    if (!this.#joined) {
      return;
    }
    const actions = event(this.#machine, this.#parts.now());
    if (actions === UNCHANGED) {
      return;
    }
    for (const action of actions) {
      this.#act(action);
    }
    this.#timer?.cancel();
    const delay = this.#machine.nextDeadline() - this.#parts.now();
    this.#timer = Number.isFinite(delay)
      ? this.#parts.clock.after(Math.max(1, delay), () => this.#do((machine, now) => machine.tick(now)))
      : undefined;
    this.#checkLeft();
    this.#deferred.check();
  }

  #checkLeft(): void {
    if (!this.#joined || !this.#machine.isAwaited) {
      this.#left?.();
    }
  }

  #act(action: TransferAction): void {
    switch (action.type) {
      case 'request':
        void this.#request(action.member, action.context);
        break;
      case 'missing':
        this.#isMissing(action);
        break;
      case 'roundBegun':
        this.#parts.roundBegun();
        break;
      case 'roundDone':
        this.#parts.roundDone(action.witnesses);
        break;
    }
  }

  #isMissing({ member: id, context, missing, again }: Extract<TransferAction, { type: 'missing' }>): void {
    const { channel, counters, logger } = this.#parts;
    const member = channel.members().find(({ uniqueId }) => uniqueId === id)?.name ?? id;
    counters.transfersMissing++;
    if (missing === 'broken-off') {
      const text =
        'a member says that it has sent its sessions, but a message broke off: sessions are missing';
      logger.warn({ member, context, again, remedy: SEND_IN_PARTS }, text);
    } else {
      const text =
        'a member says that it has sent its sessions, and none has come: it has none, or could not send them';
      logger.info({ member, context, again, remedy: SEND_IN_PARTS }, text);
    }
  }

  /** The answer may be to the first of several requests: what has changed since then is younger than it. */
  #noteAsked(uniqueId: UniqueId, context: ContextName | null, now: number): void {
    const asked = this.#askedAt.get(uniqueId) ?? new Map<ContextName | null, number>();
    this.#askedAt.set(uniqueId, asked);
    const before = asked.get(context);
    if (before === undefined || now - before >= this.#parts.settings.askAgainPause) {
      asked.set(context, now);
    }
  }

  /** Never rejects. */
  async #request(uniqueId: UniqueId, context: ContextName | null): Promise<void> {
    const { channel, clock, logger, counters, now } = this.#parts;
    const member = channel.members().find((other) => other.uniqueId === uniqueId);
    if (member === undefined) {
      return;
    }
    counters.transfersRequested++;
    this.#noteAsked(uniqueId, context, now());
    logger.debug({ member: member.name, context }, 'asking for sessions');
    const message = sessionMessages.getAllSessions(context, clock.now());
    try {
      const { faulty } = await channel.send(
        [member],
        (dialect) => encodeSessionMessage(message, dialect),
        REQUEST_OPTIONS,
      );
      if (faulty[0] !== undefined) {
        throw faulty[0].cause;
      }
    } catch (error) {
      logger.warn({ member: member.name, context, error: messageOf(error) }, 'could not ask for sessions');
      this.#do((machine, at) => machine.requestFailed(uniqueId, context, at));
    }
  }
}

function transferMember(member: Member, returns = false): TransferMember {
  const { uniqueId, name, info } = member;
  return { uniqueId, name, age: Math.max(0, Number(info.aliveTime)), mirror: isMirror(member), returns };
}
