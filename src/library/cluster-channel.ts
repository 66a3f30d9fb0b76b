import { TribesError } from '../base/index.js';
import type { NodeView } from '../node/index.js';
import type { Access } from './access.js';
import { ReplicatedMap } from './replicated-map.js';

/** The group channel of a mirror, for what is no session (`org.apache.catalina.tribes.Channel`). */
export class ClusterChannel {
  readonly #maps: NodeView['maps'];
  readonly #access: Access;
  readonly #isOpen: () => boolean;

  /** @internal */
  constructor(maps: NodeView['maps'], access: Access, isOpen: () => boolean) {
    this.#maps = maps;
    this.#access = access;
    this.#isOpen = isOpen;
  }

  /**
   * Joins the replicated map of that name, which Java programs have as `new ReplicatedMap<String, V>(owner, channel, timeout, name, loaders)`.
   * Resolves when those who have it have told what is in it, which within six seconds after the joining may take until then: until every
   * Tomcat may have called. Where nobody has it yet, it begins with what the store knows of it.
   *
   * @param name ISO-8859-1, 512 characters at most; not that of a session manager's map (`…-map`) or of a single sign-on's
   * (`…-SSO-cache`).
   *
   * Errors: TRIBES_E_MAP_NAME, TRIBES_E_LIBRARY_LEFT.
   */
  async replicatedMap(name: string): Promise<ReplicatedMap> {
    if (!this.#isOpen()) {
      throw new TribesError('TRIBES_E_LIBRARY_LEFT', {});
    }
    const map = await this.#maps.open(name);
    return new ReplicatedMap({ map, maps: this.#maps, access: this.#access, isOpen: this.#isOpen });
  }
}
