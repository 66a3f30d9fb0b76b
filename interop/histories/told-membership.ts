import { randomUniqueId } from '../../src/base/index.js';
import {
  makeMember,
  type LocalMemberProperties,
  type Member,
  type MemberKey,
  type MembershipListener,
  type MembershipService,
  type MembershipStatistics,
} from '../../src/membership/index.js';
import type { MemberPackage } from '../../src/wire/index.js';
import type { Identity } from './history-member.js';

const NOTHING = Buffer.alloc(0);
const LOOPBACK = Buffer.from([127, 0, 0, 1]);

/** A membership that sends nothing and hears nothing: it is told who comes and who goes. */
export class ToldMembership implements MembershipService {
  readonly statistics: MembershipStatistics = {
    heartbeatsReceived: 0,
    heartbeatsSent: 0,
    sendErrors: 0,
    garbage: 0,
    refused: 0,
  };
  readonly #members = new Map<number, Member>();
  #local = memberAt({ port: 0, uniqueId: randomUniqueId() });
  #listener: MembershipListener | undefined;

  get local(): Member {
    return this.#local;
  }

  come(identity: Identity): void {
    if (!this.#members.has(identity.port)) {
      const member = memberAt(identity);
      this.#members.set(identity.port, member);
      this.#listener?.memberAdded(member);
    }
  }

  go({ port }: Identity): void {
    const member = this.#members.get(port);
    if (member !== undefined) {
      this.#members.delete(port);
      this.#listener?.memberDisappeared(member, 'expired');
    }
  }

  setLocalMemberProperties({ port }: LocalMemberProperties): void {
    this.#local = memberAt({ port, uniqueId: this.#local.uniqueId });
  }

  members(): readonly Member[] {
    return [...this.#members.values()];
  }

  member(key: MemberKey): Member | undefined {
    return this.members().find((member) => member.key === key);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  setListener(listener: MembershipListener): void {
    this.#listener = listener;
  }

  setSynchronised(): void {
    // Nobody asks it for its age.
  }
}

function memberAt({ port, uniqueId }: Identity): Member {
  return makeMember({
    aliveTime: 0n,
    port,
    securePort: -1,
    udpPort: -1,
    host: LOOPBACK,
    command: NOTHING,
    domain: NOTHING,
    uniqueId: uniqueId as MemberPackage['uniqueId'],
    payload: NOTHING,
  });
}
