import { randomUniqueId, type UniqueId } from '../../../src/base/index.js';
import type {
  Channel,
  ChannelListener,
  ChannelMembershipListener,
  EncodeForDialect,
  SendOutcome,
} from '../../../src/channel/index.js';
import { AnnouncedMember } from '../../../src/membership/member.js';
import { makeMember, type Member } from '../../../src/membership/index.js';
import {
  decodeSessionMessage,
  encodeSessionMessage,
  learnDialect,
  NEWEST_DIALECT,
  type Dialect,
  type DialectObservation,
  type SessionMessage,
} from '../../../src/wire/index.js';

export interface Sent {
  readonly to: Member;
  readonly payload: Buffer;
  readonly message: SessionMessage;
  readonly options: number;
}

const NOTHING = Buffer.alloc(0);

/** A member at 127.0.0.1:`port` that has been running for `ageMs`. */
export function fakeMember(
  port: number,
  ageMs = 3_600_000,
  uniqueId: UniqueId = randomUniqueId(),
  payload: Buffer = NOTHING,
): Member {
  return makeMember({
    aliveTime: BigInt(ageMs),
    port,
    securePort: -1,
    udpPort: -1,
    host: Buffer.from([127, 0, 0, 1]),
    command: NOTHING,
    domain: NOTHING,
    uniqueId,
    payload,
  });
}

/** A channel without a network: what is sent goes to `onSend`, what arrives is handed over by the test. */
export class FakeChannel implements Channel {
  readonly local: Member;
  readonly sent: Sent[] = [];
  readonly synchronised: boolean[] = [];
  /** What is announced in place of the node's own age. */
  stateAge: number | null = null;
  readonly #now: () => number;
  readonly #listeners: ChannelListener[] = [];
  readonly #membershipListeners: ChannelMembershipListener[] = [];
  readonly #dialects = new Map<string, Dialect>();
  #members: Member[] = [];
  readonly #seenAt = new Map<Member, number>();
  /** Receives what is sent; throws to be faulty. */
  onSend: (sent: Sent) => void | Promise<void> = () => undefined;

  constructor(local: Member, now: () => number) {
    this.local = local;
    this.#now = now;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  members(): readonly Member[] {
    return this.#members;
  }

  async send(
    destinations: readonly Member[],
    encode: EncodeForDialect,
    options: number,
  ): Promise<SendOutcome> {
    const delivered: Member[] = [];
    const faulty: { member: Member; cause: Error }[] = [];
    for (const to of destinations) {
      try {
        const payload = Buffer.from(encode(this.dialectOf(to)));
        const sent = { to, payload, message: decodeSessionMessage(payload), options };
        this.sent.push(sent);
        await this.onSend(sent);
        delivered.push(to);
      } catch (cause) {
        faulty.push({ member: to, cause: cause as Error });
      }
    }
    return { delivered, faulty };
  }

  dialectOf(member: Member): Dialect {
    return this.#dialects.get(member.key) ?? NEWEST_DIALECT;
  }

  hasShownMemberImpl(member: Member): boolean {
    return this.#dialects.has(member.key);
  }

  observeDialect(member: Member, observation: DialectObservation): void {
    this.#dialects.set(member.key, learnDialect(this.dialectOf(member), observation));
  }

  addChannelListener(listener: ChannelListener): void {
    this.#listeners.push(listener);
  }

  addMembershipListener(listener: ChannelMembershipListener): void {
    this.#membershipListeners.push(listener);
  }

  registerRpcService(): () => void {
    return () => undefined;
  }

  discoverRpcServices(): void {
    // Nobody calls.
  }

  declineRpc(): void {
    // Nobody calls.
  }

  setSynchronised(synchronised: boolean, stateAgeMs?: number): void {
    this.synchronised.push(synchronised);
    this.stateAge = synchronised ? (stateAgeMs ?? null) : null;
  }

  /** Members that are there without having been announced. */
  setMembers(...members: Member[]): void {
    this.#members = members;
    members.forEach((member) => this.#seenAt.set(member, this.#now()));
  }

  appear(member: Member): void {
    this.#members = [...this.#members, member];
    this.#seenAt.set(member, this.#now());
    this.#membershipListeners.forEach((listener) => listener.memberAdded(member));
  }

  /** A member goes that has announced itself until now. */
  disappear(member: Member): void {
    if (member instanceof AnnouncedMember) {
      const aliveTime =
        member.info.aliveTime + BigInt(this.#now() - (this.#seenAt.get(member) ?? this.#now()));
      member.update({ ...member.info, aliveTime });
    }
    this.#members = this.#members.filter((other) => other !== member);
    this.#membershipListeners.forEach((listener) => listener.memberDisappeared(member, 'expired'));
  }

  /** A payload of `sender` arrives; @returns whether anybody took it. */
  async deliver(sender: Member, payload: Buffer, options = 8): Promise<boolean> {
    const message = {
      payload,
      isByteMessage: (options & 1) !== 0,
      sender,
      options,
      timestamp: this.#now(),
      uniqueId: randomUniqueId(),
    };
    let taken = false;
    for (const listener of this.#listeners) {
      const took = await listener.messageReceived(message);
      taken ||= took;
    }
    return taken;
  }

  /** A session message of `sender` arrives. */
  say(sender: Member, message: SessionMessage, dialect: Dialect = NEWEST_DIALECT): Promise<boolean> {
    return this.deliver(sender, encodeSessionMessage(message, dialect));
  }
}
