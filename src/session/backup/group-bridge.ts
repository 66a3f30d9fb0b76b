import type { SessionId } from '../../base/index.js';
import type { Channel, LazyReplicatedMap, MapBridge, MapGroup, MapService } from '../../channel/index.js';
import type { Member } from '../../membership/index.js';
import { isMirror } from '../continuity/mirror-member.js';
import type { BackupCounters } from './backup-counters.js';
import type { BackupSettings } from './backup-settings.js';

/**
 * Whether sessions are carried from group to group: `off`: not by this node; `standby`: another mirror does it; `idle`: there
 * is one group only.
 */
export type BridgeState = 'off' | 'standby' | 'idle' | 'active';

export interface GroupBridgeParts {
  readonly channel: Pick<Channel, 'local' | 'members'>;
  readonly settings: Pick<BackupSettings, 'bridge' | 'part'>;
  readonly counters: BackupCounters;
  /** Whether the session's value rests here. */
  readonly has: (id: SessionId) => boolean;
}

/**
 * In which group's map each session of a context lives, and what the maps of the other groups are told of it: where the bridge is
 * on, that this node has it.
 */
export class GroupBridge {
  readonly #parts: GroupBridgeParts;
  readonly #service: MapService<LazyReplicatedMap>;
  readonly #owners = new Map<string, MapGroup>();

  constructor(service: MapService<LazyReplicatedMap>, parts: GroupBridgeParts) {
    this.#service = service;
    this.#parts = parts;
  }

  get state(): BridgeState {
    if (!this.isOn) {
      return 'off';
    }
    const isUsed =
      [...this.#service.maps.values()].filter((map) => !map.members().every(isMirror)).length > 1;
    return !this.#isOurs() ? 'standby' : isUsed ? 'active' : 'idle';
  }

  get isOn(): boolean {
    const { settings } = this.#parts;
    return settings.bridge && settings.part === 'member';
  }

  /** Of several mirrors the one with the lowest id carries sessions from group to group. */
  #isOurs(): boolean {
    const { channel } = this.#parts;
    const { uniqueId } = channel.local;
    return channel.members().every((member) => !isMirror(member) || uniqueId < member.uniqueId);
  }

  // ---- where a session lives ----

  /** Undefined while nobody has told. */
  groupOf(id: string): MapGroup | undefined {
    return this.#owners.get(id);
  }

  /** Whether it lives in that group, as far as is known. */
  livesIn(group: MapGroup, id: string): boolean {
    return (this.#owners.get(id) ?? group) === group;
  }

  /** The map in which it lives. */
  mapOf(id: string): LazyReplicatedMap | undefined {
    const group = this.#owners.get(id);
    return group === undefined ? undefined : this.#service.maps.get(group);
  }

  /** It lives there, since nobody has told of it elsewhere. */
  own(group: MapGroup, id: string): void {
    if (!this.#owners.has(id)) {
      this.settle(group, id);
    }
  }

  /** It lives there, whatever was known. */
  settle(group: MapGroup, id: string): void {
    this.#owners.set(id, group);
    this.#holdElsewhere(id, group);
  }

  /** Nothing is known of it any more. */
  forget(id: string): void {
    this.#owners.delete(id);
  }

  /** It has ended in that group, and so in all others. */
  ended(group: MapGroup, id: string): void {
    const isOurs = this.#isOurs();
    for (const [other, map] of this.#service.maps) {
      if (other !== group) {
        this.#service.with(map, () => (isOurs ? map.remove(id) : map.forget(id)));
      }
    }
  }

  // ---- what the others are told ----

  /** The map of a group has been joined. */
  joined(group: MapGroup, map: LazyReplicatedMap): void {
    if (!this.isOn || !this.#isOurs()) {
      return;
    }
    for (const [id, owner] of this.#owners) {
      if (owner !== group) {
        this.#service.with(map, (now) => map.hold(id, now));
      }
    }
  }

  /** What another mirror stood for, in groups that do not have it, is ours to stand for, if the bridge is ours now. */
  memberDisappeared(member: Member): void {
    if (isMirror(member)) {
      this.#owners.forEach((owner, id) => this.#holdElsewhere(id, owner));
    }
  }

  #holdElsewhere(id: string, owner: MapGroup): void {
    if (this.#service.maps.size < 2 || !this.isOn || !this.#isOurs()) {
      return;
    }
    for (const [group, map] of this.#service.maps) {
      if (group !== owner) {
        this.#service.with(map, (now) => map.hold(id, now));
      }
    }
  }

  /** What the map of a group is to tell and to ask of sessions that may live elsewhere. */
  sideOf(group: MapGroup): MapBridge {
    return {
      claimed: (id, by) => this.#claimed(group, id, by),
      mayRemove: (id) => {
        const counts = this.livesIn(group, id);
        this.#parts.counters.removalsSwallowed += counts ? 0 : 1;
        return counts;
      },
      livesElsewhere: (id) => !this.livesIn(group, id),
      wanted: (id, done) => this.#wanted(id, done),
    };
  }

  #claimed(group: MapGroup, id: string, by: Member): void {
    const owner = this.#owners.get(id);
    // A mirror has no users: it does not take a session from one group to another.
    if (owner === group || (owner !== undefined && isMirror(by))) {
      return;
    }
    this.#parts.counters.bridged += owner === undefined ? 0 : 1;
    this.settle(group, id);
  }

  #wanted(id: string, done: (isThere: boolean) => void): void {
    const map = this.mapOf(id);
    if (map === undefined) {
      done(this.#parts.has(id as SessionId));
    } else {
      this.#service.with(map, (now) =>
        map.look(id, now, (isThere) => done(isThere || map.entry(id)?.role === 'backup')),
      );
    }
  }
}
