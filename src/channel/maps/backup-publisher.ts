import type { Member, MemberKey } from '../../membership/index.js';
import { MapMessageType } from '../../wire/index.js';
import type { LazyEntries, LazyEntry } from './lazy-entries.js';
import type { MapMembers } from './map-members.js';
import { includes, NOBODY } from './map-nodes.js';
import { mapMessage, type MapOutbox } from './map-outbox.js';
import type { MapOutcome, MapValues } from './map-types.js';
import type { RecentClaims } from './recent-claims.js';

export interface BackupPublisherParts {
  readonly local: () => Member;
  readonly members: MapMembers;
  readonly outbox: MapOutbox;
  readonly entries: LazyEntries;
  readonly values: MapValues;
  readonly claims: RecentClaims;
}

/** Backups that are being published at a time, unless somebody waits for one. */
const MAX_PUBLISHING = 32;

/** How long a member is waited for that may have a newer value than we, milliseconds. */
const ASKED_MS = 2_000;

interface Publishing {
  readonly tried: Set<MemberKey>;
  /** It has changed meanwhile. */
  again: boolean;
  readonly asksFirst: boolean;
}

/** Sees that each entry of ours has a backup that knows its value (`LazyReplicatedMap.publishEntryInfo`). */
export class BackupPublisher {
  readonly #parts: BackupPublisherParts;
  readonly #publishing = new Map<string, Publishing>();
  /** Those that wait for their turn. */
  readonly #waiting = new Map<string, { readonly asksFirst: boolean }>();
  /** Those for which there was nobody to keep a backup. */
  readonly #alone = new Set<string>();

  constructor(parts: BackupPublisherParts) {
    this.#parts = parts;
  }

  isPublishing(key: string): boolean {
    return this.#publishing.has(key);
  }

  /**
   * Gives the entry a backup, with its whole value. `done`: one has it, or nobody can keep one.
   *
   * @param asksFirst whether somebody may have a newer value than we.
   */
  publish(key: string, now: number, done?: (now: number) => void, asksFirst = false): void {
    const under = this.#publishing.get(key);
    if (under !== undefined) {
      under.again = true;
      done?.(now);
    } else if (this.#publishing.size >= MAX_PUBLISHING && done === undefined) {
      this.#waiting.set(key, { asksFirst });
    } else {
      this.#publishing.set(key, { tried: new Set(), again: false, asksFirst });
      this.#tryBackup(key, now, done);
    }
  }

  /** Tells the backups how the entry has changed. */
  publishDiff(
    { key, nodes }: LazyEntry,
    diff: Buffer,
    now: number,
    ended: (outcome: MapOutcome) => void,
  ): void {
    const message = mapMessage(MapMessageType.BACKUP, key, {
      content: { kind: 'diff', diff },
      primary: this.#parts.local(),
      nodes,
    });
    this.#parts.outbox.send(nodes, message, now, {
      ended: (outcome, at) => {
        if (outcome.faulty.length > 0) {
          this.publish(key, at);
        }
        ended(outcome);
      },
    });
  }

  /** Somebody may be there to keep what nobody could. */
  publishAlone(now: number): void {
    if (this.#parts.members.hasReady) {
      const keys = [...this.#alone];
      this.#alone.clear();
      keys.forEach((key) => this.publish(key, now));
    }
  }

  forget(key: string): void {
    this.#waiting.delete(key);
    this.#alone.delete(key);
  }

  /** The entry, when it is ours. */
  #ours(key: string): LazyEntry | undefined {
    const entry = this.#parts.entries.get(key);
    return entry?.role === 'primary' ? entry : undefined;
  }

  #tryBackup(key: string, now: number, done?: (now: number) => void): void {
    const { members, entries } = this.#parts;
    const entry = this.#ours(key);
    const publishing = this.#publishing.get(key);
    if (entry === undefined || publishing === undefined) {
      this.#published(key, now, done);
      return;
    }
    const candidate = members.nextBackup(publishing.tried);
    if (candidate === undefined) {
      entries.settle(entry, { nodes: NOBODY });
      this.#alone.add(key);
      this.#published(key, now, done);
      return;
    }
    if (publishing.asksFirst) {
      this.#askFirst(entry, candidate, now, (at) => this.#give(entry, candidate, publishing, at, done));
    } else {
      this.#give(entry, candidate, publishing, now, done);
    }
  }

  /** Gives the backups the whole value again. */
  renew(entry: LazyEntry, now: number, ended: (outcome: MapOutcome, now: number) => void): void {
    const { outbox, local } = this.#parts;
    for (const node of entry.nodes) {
      this.#askFirst(entry, node, now, (at) => {
        const { key, nodes } = entry;
        if (this.#ours(key) === entry && includes(nodes, node)) {
          const body = { content: { kind: 'whole' }, primary: local(), nodes } as const;
          outbox.send([node], mapMessage(MapMessageType.BACKUP, key, body), at, { ended });
        }
      });
    }
  }

  /**
   * Where the value is what the former primary had given us, the candidate is asked for its own first: that primary may only be cut
   * off from us, and have made the candidate its backup and told it what has changed since. A newer value is taken, not overwritten.
   */
  #askFirst(entry: LazyEntry, candidate: Member, now: number, then: (now: number) => void): void {
    const { outbox, entries, values } = this.#parts;
    const { key } = entry;
    if (entries.isMade(entry) || values.isNewer === undefined) {
      then(now);
      return;
    }
    outbox.call([candidate], mapMessage(MapMessageType.RETRIEVE_BACKUP, key), now, {
      firstReply: true,
      timeoutMs: ASKED_MS,
      responded: (from, message) => {
        const valuedata = message?.valuedata ?? null;
        if (valuedata !== null && this.#ours(key) === entry && values.isNewer?.(key, valuedata) === true) {
          values.replace(key, valuedata, { from, sentAt: message?.sentAt ?? 0 });
        }
      },
      ended: (_, at) => then(at),
    });
  }

  #give(
    entry: LazyEntry,
    candidate: Member,
    publishing: Publishing,
    now: number,
    done?: (now: number) => void,
  ): void {
    const { members, outbox, local } = this.#parts;
    const { key } = entry;
    const message = mapMessage(MapMessageType.BACKUP, key, {
      content: { kind: 'whole' },
      primary: local(),
      nodes: [candidate],
    });
    outbox.send([candidate], message, now, {
      ended: ({ delivered }, at) => {
        const isKept = includes(delivered, candidate) && members.has(candidate);
        if (isKept && this.#ours(key) === entry) {
          this.#backedUp(entry, candidate, at);
          this.#published(key, at, done);
        } else {
          publishing.tried.add(candidate.key);
          this.#tryBackup(key, at, done);
        }
      },
    });
  }

  #backedUp(entry: LazyEntry, backup: Member, now: number): void {
    const { members, entries, outbox, claims } = this.#parts;
    entries.settle(entry, { nodes: [backup] });
    claims.add(entry.key, now);
    const others = members.all().filter((member) => member.key !== backup.key);
    outbox.tell(others, entries.proxyMessage(entry));
  }

  #published(key: string, now: number, done?: (now: number) => void): void {
    const again = this.#publishing.get(key)?.again === true && this.#parts.members.hasReady;
    this.#publishing.delete(key);
    if (again && this.#ours(key) !== undefined) {
      this.publish(key, now);
    }
    done?.(now);
    for (const [next, { asksFirst }] of this.#waiting) {
      if (this.#publishing.size >= MAX_PUBLISHING) {
        break;
      }
      this.#waiting.delete(next);
      this.publish(next, now, undefined, asksFirst);
    }
  }
}
