import type { StaticMember } from '../../base/index.js';
import { hostBytes } from '../host-address.js';
import type { Member } from '../member.js';
import { memberAt, type HostNames } from './host-names.js';

/** What a look at the names has changed. */
export interface RosterChange {
  readonly added: readonly Member[];
  /** Their names have other addresses now. */
  readonly gone: readonly Member[];
}

/** Members of a list, each at the address that it has at present; one whose name has none yet is not there. */
export class StaticRoster {
  readonly #entries: readonly StaticMember[];
  readonly #names: HostNames;
  /** By the index of their entries. */
  readonly #members = new Map<number, Member>();

  constructor(entries: readonly StaticMember[], names: HostNames) {
    this.#entries = entries;
    this.#names = names;
    entries.forEach((entry, index) => {
      const host = hostBytes(entry.host);
      if (host !== undefined) {
        this.#members.set(index, memberAt(entry, host));
      }
    });
  }

  /** Entries. */
  get size(): number {
    return this.#entries.length;
  }

  get hasNames(): boolean {
    return this.#entries.some(({ host }) => hostBytes(host) === undefined);
  }

  /** In the order of the list. */
  get members(): readonly Member[] {
    return [...this.#members].sort(([one], [other]) => one - other).map(([, member]) => member);
  }

  /** Looks up every name. One that has no address any more stays at its last one. Never rejects. */
  async refresh(): Promise<RosterChange> {
    const added: Member[] = [];
    const gone: Member[] = [];
    await Promise.all(
      this.#entries.map(async (entry, index) => {
        const before = this.#members.get(index);
        const host = await this.#names.addressOf(entry.host, before?.info.host);
        if (host === undefined || before?.info.host.equals(host) === true) {
          return;
        }
        const member = memberAt(entry, host);
        this.#members.set(index, member);
        added.push(member);
        if (before !== undefined) {
          gone.push(before);
        }
      }),
    );
    return { added, gone };
  }
}
