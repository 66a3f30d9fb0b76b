import { TribesError, type Logger, type SessionStore } from '../../base/index.js';
import type { WriteSettings } from '../writing/cluster-session-writer.js';
import type { FullMap, FullMapOutcome } from './full-map.js';
import type { FullMaps } from './full-maps.js';

export interface ProgramMapsParts {
  readonly maps: FullMaps;
  readonly store: Pick<SessionStore, 'checkRoom' | 'commit'>;
  readonly logger: Logger;
  /** Null: nothing may be written. */
  readonly write: Pick<WriteSettings, 'vet'> | null;
}

/** The maps that a program opens, and what it does to them: judged, durable and told in the log, as writes of sessions are. */
export class ProgramMaps {
  readonly #parts: ProgramMapsParts;

  constructor(parts: ProgramMapsParts) {
    this.#parts = parts;
  }

  get mayWrite(): boolean {
    return this.#parts.write !== null;
  }

  /** Error: TRIBES_E_MAP_NAME. */
  open(name: string): Promise<FullMap> {
    return this.#parts.maps.open(name);
  }

  /** Never rejects. */
  close(name: string): Promise<void> {
    return this.#parts.maps.close(name);
  }

  /** Errors: those of the judgement, TRIBES_E_MAP_FULL, TRIBES_E_STORE_FULL. Nothing was changed then. */
  async put(map: FullMap, key: string, stream: Buffer): Promise<FullMapOutcome> {
    const { store, write } = this.#parts;
    const className = write?.vet(stream).className ?? null;
    await store.checkRoom();
    const outcome = await map.put(key, stream);
    if (outcome === undefined) {
      throw new TribesError('TRIBES_E_MAP_FULL', { name: map.name });
    }
    await store.commit();
    this.#audit(map, { operation: 'set', key, class: className, bytes: stream.length }, outcome);
    return outcome;
  }

  /** Undefined when there is no such entry. Error: TRIBES_E_STORE_FULL. */
  async remove(map: FullMap, key: string): Promise<FullMapOutcome | undefined> {
    const { store } = this.#parts;
    await store.checkRoom();
    const outcome = await map.remove(key);
    if (outcome !== undefined) {
      await store.commit();
      this.#audit(map, { operation: 'delete', key }, outcome);
    }
    return outcome;
  }

  #audit({ name }: FullMap, what: object, { acknowledged, unacknowledged }: FullMapOutcome): void {
    this.#parts.logger.info(
      {
        map: name,
        ...what,
        acknowledged: acknowledged.map((member) => member.name),
        unacknowledged: unacknowledged.map((member) => member.name),
      },
      'audit: an entry of a replicated map was written',
    );
  }
}
