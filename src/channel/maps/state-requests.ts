import type { Member } from '../../membership/index.js';
import { MapMessageType } from '../../wire/index.js';
import { DEFERRED_MS } from './deferred-calls.js';
import type { LazyEntries } from './lazy-entries.js';
import type { MapMembers } from './map-members.js';
import { isSame } from './map-nodes.js';
import { mapMessage, type MapOutbox } from './map-outbox.js';
import type { IncomingMapMessage } from './map-types.js';

export interface StateRequestsParts {
  readonly rpcTimeout: number;
  readonly members: MapMembers;
  readonly outbox: MapOutbox;
  readonly entries: LazyEntries;
  /** Whoever waits for our entries gets them. */
  readonly answerDeferred: (member: Member, now: number) => void;
  readonly hasRoomFor: (key: string) => boolean;
  /** An entry of a list, as if it had been told by itself. */
  readonly message: (from: Member, message: IncomingMapMessage, now: number) => void;
  readonly drop: (key: string, why: 'removed') => void;
}

/** How often a member that does not answer is asked for its entries. */
const MAX_ASKED = 5;

/** Asks members for the entries that they have (MSG_STATE), and takes in what they list. */
export class StateRequests {
  readonly #parts: StateRequestsParts;
  /** Members that have not answered when they were asked for their entries, and how often. */
  readonly #silent = new Map<Member, number>();
  /** Entries of which a backup has come from a member while it is asked for its entries: what it lists of them may be older. */
  readonly #newer = new Set<string>();
  /** Members whose entries we are waiting for. */
  readonly #asking = new Set<Member['key']>();

  constructor(parts: StateRequestsParts) {
    this.#parts = parts;
  }

  isAsking({ key }: Member): boolean {
    return this.#asking.has(key);
  }

  /** A backup has come of an entry from a member that is being asked: its list may be older. */
  newerThanLists(key: string): void {
    this.#newer.add(key);
  }

  /** Asks a member for its entries; `done`, when it has told them or is not waited for any more. */
  ask(member: Member, now: number, done: (now: number) => void): void {
    let hasAnswered = false;
    this.#asking.add(member.key);
    // Whoever waits for ours waits for us no longer.
    this.#parts.answerDeferred(member, now);
    this.#parts.outbox.call([member], mapMessage(MapMessageType.STATE, null), now, {
      timeoutMs: this.#parts.rpcTimeout,
      responded: (from, message, at) => {
        hasAnswered = true;
        for (const entry of message?.entries ?? []) {
          this.#listed(from, entry, at);
        }
      },
      ended: (_, at) => {
        this.#asking.delete(member.key);
        if (this.#asking.size === 0) {
          this.#newer.clear();
        }
        if (hasAnswered) {
          this.#silent.delete(member);
        } else if (this.#parts.members.has(member)) {
          this.#silent.set(member, (this.#silent.get(member) ?? 0) + 1);
        }
        done(at);
      },
    });
  }

  /** Asks those once more who have not answered. */
  askSilent(now: number): void {
    for (const [member, times] of this.#silent) {
      if (times > MAX_ASKED || !this.#parts.members.has(member)) {
        this.#silent.delete(member);
      } else {
        this.ask(member, now, () => undefined);
      }
    }
  }

  /** An entry as a member lists it. Of its own it knows best; of others, no better than we. */
  #listed(from: Member, message: IncomingMapMessage, now: number): void {
    const { key, primary, nodes } = message;
    const known = key === null ? undefined : this.#parts.entries.get(key);
    if (key !== null && this.#newer.has(key)) {
      return;
    }
    if (primary === null) {
      if (known === undefined && key !== null && this.#parts.hasRoomFor(key)) {
        this.#parts.entries.settle(this.#parts.entries.getOrAdd(key), { nodes });
      }
    } else if (known === undefined || known.primary === null || isSame(primary, from)) {
      this.#parts.message(from, message, now);
    }
  }

  /** As one who looks only: what the member does not list is there no more. */
  poll(member: Member, now: number): void {
    this.#parts.outbox.call([member], mapMessage(MapMessageType.STATE, null), now, {
      timeoutMs: this.#parts.rpcTimeout,
      responded: (from, message, at) => {
        const listed = message?.entries ?? null;
        if (listed === null) {
          return;
        }
        const keys = new Set(listed.map(({ key }) => key));
        for (const { key } of [...this.#parts.entries.all()]) {
          if (!keys.has(key)) {
            this.#parts.drop(key, 'removed');
          }
        }
        listed.forEach((entry) => this.#parts.message(from, entry, at));
      },
      ended: (_, at) => {
        for (const silent of this.#parts.members.unseen(at - DEFERRED_MS)) {
          this.#parts.members.remove(silent);
        }
      },
    });
  }
}
