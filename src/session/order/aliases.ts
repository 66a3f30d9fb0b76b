import type { SessionId, SessionLimits } from '../../base/index.js';
import { AgedMap } from './aged-map.js';
import type { Stamp } from './change-order.js';

export interface Alias {
  readonly newId: SessionId;
  /** The change of id. */
  readonly stamp: Stamp;
}

/** Old ids of sessions, so that messages which were overtaken by the change of id still find their session. */
export class Aliases {
  readonly #aliases: AgedMap<SessionId, Alias>;

  constructor(limits: Pick<SessionLimits, 'aliasMs' | 'maxAliases'>) {
    this.#aliases = new AgedMap(limits.aliasMs, limits.maxAliases);
  }

  get(id: SessionId): Alias | undefined {
    return this.#aliases.get(id);
  }

  /** The newest id known of the session that has or had `id`; `id` itself if it is not known to have changed. */
  currentId(id: SessionId): SessionId {
    let current = id;
    for (let alias = this.#aliases.get(id); alias !== undefined; alias = this.#aliases.get(current)) {
      current = alias.newId;
    }
    return current;
  }

  /**
   * Remembers a change of id. An id that a session takes on again (JvmRouteBinderValve goes back and forth) is an alias
   * no longer: so there are no circles.
   */
  set(from: SessionId, to: SessionId, stamp: Stamp, now: number): void {
    this.#aliases.delete(to);
    this.#aliases.set(from, { newId: to, stamp }, now);
  }

  delete(id: SessionId): void {
    this.#aliases.delete(id);
  }

  age(now: number): void {
    this.#aliases.age(now);
  }
}
