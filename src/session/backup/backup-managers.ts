import {
  contextName,
  messageOf,
  type Clock,
  type ContextName,
  type FactStore,
  type SessionId,
  type SessionRecord,
  type Timer,
} from '../../base/index.js';
import type { RpcHandler } from '../../channel/index.js';
import type { Member } from '../../membership/index.js';
import { MAP_NAME_ENCODING } from '../../wire/index.js';
import { MAX_MAP_NAME_BYTES, type MapKeeper, type MapTaker } from '../map-directory.js';
import { BackupFacts } from './backup-facts.js';
import { BackupManager, MAP_SUFFIX, type BackupManagerParts } from './backup-manager.js';

export interface BackupManagersParts extends Omit<BackupManagerParts, 'context' | 'facts'> {
  readonly facts: FactStore;
  readonly clock: Clock;
  readonly maxContexts: number;
}

/** How often what is left to be done is done, milliseconds. */
const TICK_MS = 1000;

/** Looks at a time: what following costs the Tomcats is bounded. */
const MAX_LOOKS = 8;

/** The BackupManagers of all contexts that are known. */
export class BackupManagers implements Iterable<BackupManager>, MapKeeper {
  readonly #parts: BackupManagersParts;
  readonly #facts: BackupFacts;
  readonly #managers = new Map<ContextName, BackupManager>();
  #started = false;
  #timers: Timer[] = [];
  #following: Promise<void> | null = null;

  constructor(parts: BackupManagersParts) {
    this.#parts = parts;
    this.#facts = new BackupFacts(parts.facts);
    for (const context of this.#facts.contexts()) {
      this.#add(context);
    }
  }

  [Symbol.iterator](): Iterator<BackupManager> {
    return this.#managers.values();
  }

  get(context: ContextName): BackupManager | undefined {
    return this.#managers.get(context);
  }

  has(context: ContextName): boolean {
    return this.#managers.has(context);
  }

  /** To be called when the channel has started. */
  start(): void {
    this.#started = true;
    const { clock, settings } = this.#parts;
    for (const manager of this.#managers.values()) {
      manager.start();
    }
    this.#timers.push(clock.every(TICK_MS, () => this.#each((manager) => manager.tick())));
    if (settings.part === 'proxy') {
      this.#timers.push(clock.every(settings.poll, () => this.#each((manager) => manager.poll())));
    }
    if (settings.follow > 0) {
      this.#timers.push(clock.every(TICK_MS, () => this.#follow()));
    }
  }

  /** Says goodbye; resolves when that has been sent. Never rejects. Idempotent. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#timers.forEach((timer) => timer.cancel());
    this.#timers = [];
    await Promise.all([...this.#managers.values()].map((manager) => manager.stop()));
    await this.#following;
  }

  /** The context whose map is being joined; null when none is. */
  get joining(): ContextName | null {
    for (const manager of this.#managers.values()) {
      if (manager.isJoining) {
        return manager.context;
      }
    }
    return null;
  }

  memberDisappeared(member: Member): void {
    this.#each((manager) => manager.memberDisappeared(member));
  }

  heartbeat(): void {
    if (this.#started) {
      this.#each((manager) => manager.heartbeat());
    }
  }

  taker(mapId: Buffer): MapTaker | undefined {
    const manager = this.#managerOf(mapId);
    return manager && ((message, value) => manager.messageReceived(message, value));
  }

  discovered(mapId: Buffer): RpcHandler | undefined {
    return this.#started ? this.#managerOf(mapId)?.rpcHandler : undefined;
  }

  /** The manager of a map; made when it is new. Undefined when it is none of a BackupManager, or there are too many. */
  #managerOf(mapId: Buffer): BackupManager | undefined {
    const context = contextOf(mapId);
    if (context === null || this.#parts.settings.part === 'off') {
      return undefined;
    }
    const known = this.#managers.get(context);
    if (known !== undefined || !this.#started) {
      return known;
    }
    if (this.#managers.size >= this.#parts.maxContexts) {
      this.#parts.sessionCounters.refusedContexts++;
      return undefined;
    }
    this.#parts.logger.info({ context }, 'a BackupManager keeps sessions in a replicated map: joining it');
    const manager = this.#add(context);
    manager.start();
    return manager;
  }

  #add(context: ContextName): BackupManager {
    const manager = new BackupManager({ ...this.#parts, context, facts: this.#facts });
    this.#managers.set(context, manager);
    return manager;
  }

  /** One that fails must not keep the others from hearing. */
  #each(action: (manager: BackupManager) => void): void {
    for (const manager of this.#managers.values()) {
      try {
        action(manager);
      } catch (error) {
        const { logger } = this.#parts;
        logger.error({ context: manager.context, error: messageOf(error) }, 'a replicated map failed');
      }
    }
  }

  // ---- following ----

  #follow(): void {
    this.#following ??= this.#followAll().finally(() => {
      this.#following = null;
    });
  }

  /** Never rejects. */
  async #followAll(): Promise<void> {
    const { store, settings, now } = this.#parts;
    for (const manager of [...this.#managers.values()]) {
      const due: SessionId[] = [];
      for (const id of manager.proxies()) {
        const record: SessionRecord | undefined = store.get(manager.context, id);
        if (record === undefined || now() - record.receivedAt >= settings.follow) {
          due.push(id);
        }
      }
      while (due.length > 0 && this.#started) {
        await Promise.all(due.splice(0, MAX_LOOKS).map((id) => manager.look(id)));
      }
    }
  }
}

function contextOf(mapId: Buffer): ContextName | null {
  const name = mapId.toString(MAP_NAME_ENCODING);
  return mapId.length <= MAX_MAP_NAME_BYTES && name.length > MAP_SUFFIX.length && name.endsWith(MAP_SUFFIX)
    ? contextName(name.slice(0, -MAP_SUFFIX.length))
    : null;
}
