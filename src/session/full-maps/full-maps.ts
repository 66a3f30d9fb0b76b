import { messageOf, TribesError, type FactStore, type Timer } from '../../base/index.js';
import type { RpcHandler } from '../../channel/index.js';
import type { Member } from '../../membership/index.js';
import { MAP_NAME_ENCODING } from '../../wire/index.js';
import { MAP_SUFFIX } from '../backup/backup-manager.js';
import type { BackupSettings } from '../backup/backup-settings.js';
import { isMirror } from '../continuity/mirror-member.js';
import { MAX_MAP_NAME_BYTES, type MapCallers, type MapKeeper, type MapTaker } from '../map-directory.js';
import { FullMapFacts } from './full-map-facts.js';
import { FullMap, type FullMapParts } from './full-map.js';
import { mapKindOf, type MapKind } from './map-kind.js';
import { MapRoom } from './map-room.js';

export interface FullMapsParts extends Omit<
  FullMapParts,
  'name' | 'kind' | 'maxEntries' | 'room' | 'settings' | 'callers'
> {
  readonly facts: FactStore;
  readonly settings: BackupSettings;
  readonly callers: MapCallers;
  readonly limits: {
    readonly maxContexts: number;
    readonly maxMapEntries: number;
    readonly maxMapBytes: number;
  };
}

/** How long it takes until every member that has a map must have called: heartbeatSleeptime is 5 s. Milliseconds. */
const CALLED_MS = 6_000;

/** The full maps in which the node takes part: those of ClusterSingleSignOns and ReplicatedContexts, and those that a program opens. */
export class FullMaps implements Iterable<FullMap>, MapKeeper {
  readonly #parts: FullMapsParts;
  readonly #room: MapRoom;
  readonly #maps = new Map<string, FullMap>();
  /** How often each map has been opened by the program. */
  readonly #openings = new Map<string, number>();
  #startedAt = 0;
  #started = false;
  #polling: Timer | undefined;

  constructor(parts: FullMapsParts) {
    this.#parts = parts;
    this.#room = new MapRoom(parts.limits);
    if (parts.settings.part !== 'off') {
      for (const { name, kind } of new FullMapFacts(parts.facts).maps()) {
        if (kind !== 'plain') {
          this.#add(name, kind);
        }
      }
    }
  }

  [Symbol.iterator](): Iterator<FullMap> {
    return this.#maps.values();
  }

  get(name: string): FullMap | undefined {
    return this.#maps.get(name);
  }

  /** What all of them take. */
  get room(): { readonly entries: number; readonly bytes: number } {
    return this.#room;
  }

  /** To be called when the channel has started. */
  start(): void {
    this.#started = true;
    this.#startedAt = this.#parts.clock.monotonic();
    const { clock, settings } = this.#parts;
    this.#each((map) => map.start());
    if (settings.part === 'proxy') {
      this.#polling = clock.every(settings.poll, () => this.#each((map) => map.poll()));
    }
  }

  /** Says goodbye; resolves when that has been sent. Never rejects. Idempotent. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#polling?.cancel();
    await Promise.all([...this.#maps.values()].map((map) => map.stop()));
  }

  /** The map that is being joined; null when none is. */
  get joining(): string | null {
    return [...this.#maps.values()].find(({ isJoining }) => isJoining)?.name ?? null;
  }

  memberDisappeared(member: Member): void {
    this.#each((map) => map.memberDisappeared(member));
  }

  heartbeat(): void {
    if (this.#started) {
      this.#each((map) => map.heartbeat());
    }
  }

  /** Opens a map for the program; resolves when its members have told what is in it. Error: TRIBES_E_MAP_NAME. */
  async open(name: string): Promise<FullMap> {
    const bytes = Buffer.from(name, MAP_NAME_ENCODING);
    const kind = mapKindOf(bytes)?.kind ?? 'plain';
    if (bytes.toString(MAP_NAME_ENCODING) !== name || bytes.length > MAX_MAP_NAME_BYTES) {
      throw new TribesError('TRIBES_E_MAP_NAME', {
        name,
        problem: `is not of at most ${MAX_MAP_NAME_BYTES} characters of ISO-8859-1`,
      });
    }
    if (kind === 'sso' || name.endsWith(MAP_SUFFIX)) {
      throw new TribesError('TRIBES_E_MAP_NAME', {
        name,
        problem: 'is named as that of a BackupManager, or of a ClusterSingleSignOn',
      });
    }
    if (this.#parts.settings.part !== 'member') {
      throw new TribesError('TRIBES_E_MAP_NAME', {
        name,
        problem: 'cannot be joined: the setting backup.mode is not "member"',
      });
    }
    this.#openings.set(name, (this.#openings.get(name) ?? 0) + 1);
    await this.#allHaveCalled();
    const map = this.#maps.get(name) ?? this.#joinedMap(name, kind);
    await map.ready();
    return map;
  }

  /** Whoever has a map calls everybody with each heartbeat of its channel: until that may have been, nobody knows who has what. */
  async #allHaveCalled(): Promise<void> {
    const { clock, channel } = this.#parts;
    const left = this.#startedAt + CALLED_MS - clock.monotonic();
    if (this.#started && left > 0 && !channel.members().every(isMirror)) {
      await new Promise<void>((resolve) => void clock.after(left, resolve));
    }
  }

  /** The program needs the map no more. Those that others make the node take part in stay. */
  async close(name: string): Promise<void> {
    const left = (this.#openings.get(name) ?? 0) - 1;
    this.#openings.set(name, left);
    const map = this.#maps.get(name);
    if (left > 0 || map === undefined) {
      return;
    }
    this.#openings.delete(name);
    if (map.kind === 'plain') {
      this.#maps.delete(name);
      await map.stop();
    }
  }

  taker(mapId: Buffer): MapTaker | undefined {
    const map = this.#maps.get(mapId.toString(MAP_NAME_ENCODING));
    return map && ((message, value) => map.messageReceived(message, value));
  }

  discovered(mapId: Buffer): RpcHandler | undefined {
    const found = mapKindOf(mapId);
    const { settings, limits, logger } = this.#parts;
    if (
      found === undefined ||
      !this.#started ||
      settings.part === 'off' ||
      this.#maps.size >= limits.maxContexts ||
      this.#maps.has(found.name)
    ) {
      return undefined;
    }
    const { name, kind } = found;
    logger.info({ map: name, kind }, 'Tomcats have a replicated map: joining it');
    return this.#joinedMap(name, kind).rpcHandler;
  }

  #joinedMap(name: string, kind: MapKind): FullMap {
    const map = this.#add(name, kind);
    if (this.#started) {
      map.start();
    }
    return map;
  }

  #add(name: string, kind: MapKind): FullMap {
    const { limits } = this.#parts;
    const map = new FullMap({
      ...this.#parts,
      name,
      kind,
      maxEntries: limits.maxMapEntries,
      callers: this.#parts.callers.of(name),
      room: this.#room,
    });
    this.#maps.set(name, map);
    return map;
  }

  /** One that fails must not keep the others from hearing. */
  #each(action: (map: FullMap) => void): void {
    for (const map of this.#maps.values()) {
      try {
        action(map);
      } catch (error) {
        this.#parts.logger.error({ map: map.name, error: messageOf(error) }, 'a replicated map failed');
      }
    }
  }
}
