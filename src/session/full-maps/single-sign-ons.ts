import {
  contextName,
  isTribesError,
  sessionId,
  type ErrorCode,
  type JavaLimits,
  type Logger,
  type SessionStore,
} from '../../base/index.js';
import { readObject } from '../../java/index.js';
import { shownSingleSignOnOf, type SingleSignOnSessionKey } from '../../wire/index.js';
import { principalView, type PrincipalView } from '../principal-view.js';
import type { FullMap, FullMapPlace } from './full-map.js';

/** A session that belongs to a single sign-on. */
export interface SingleSignOnSession {
  readonly context: string | null;
  readonly host: string | null;
  readonly id: string | null;
}

/** One single sign-on of a cluster, without its password. */
export interface SingleSignOn {
  /** Whoever has it is signed on: the cookie JSESSIONIDSSO. */
  readonly id: string;
  /** The map in which it is: `Catalina-SSO-cache`. */
  readonly map: string;
  readonly authType: string | null;
  readonly username: string | null;
  readonly principal: PrincipalView | null;
  readonly sessions: readonly SingleSignOnSession[];
  readonly place: FullMapPlace;
  /** Why nothing else is known of it; left out for all that can be read. */
  readonly error?: ErrorCode;
}

export interface SingleSignOnQuery {
  readonly after?: string;
  readonly limit: number;
}

export interface SingleSignOnPage {
  readonly sso: readonly SingleSignOn[];
  /** What to ask for the next page with; null after the last. */
  readonly next: string | null;
}

export interface SingleSignOnsParts {
  readonly maps: Iterable<FullMap>;
  readonly store: Pick<SessionStore, 'get'>;
  readonly logger: Logger;
  readonly javaLimits: JavaLimits;
  /** Our time. */
  readonly now: () => number;
}

/** For so long after its last session has ended a single sign-on is kept that no Tomcat has used. Milliseconds. */
const ORPHAN_MS = 2 * 60 * 60 * 1000;

/** Single sign-ons that are looked at in a tick. */
const PER_TICK = 50;

/** Length of one that is read. */
const MAX_BYTES = 2 ** 18;

/** The single sign-ons of the cluster (`org.apache.catalina.ha.authenticator.ClusterSingleSignOn`). */
export class SingleSignOns {
  readonly #parts: SingleSignOnsParts;
  #sorted:
    | { readonly version: number; readonly ids: readonly { readonly map: FullMap; readonly id: string }[] }
    | undefined;
  /** Since when those that may be dropped have no session any more. */
  #endedSince = new Map<string, number>();
  #walk: Iterator<readonly [FullMap, string]> | undefined;
  /** What the walk that goes on has found so far. */
  #found = new Map<string, number>();

  constructor(parts: SingleSignOnsParts) {
    this.#parts = parts;
  }

  /** Those behind `after`, in the order of their ids. */
  page({ after, limit }: SingleSignOnQuery): SingleSignOnPage {
    const ids = this.#ids();
    const begin = after === undefined ? 0 : ids.findIndex(({ id }) => id > after);
    const page = begin < 0 ? [] : ids.slice(begin, begin + limit);
    return {
      sso: page.filter(({ map, id }) => map.has(id)).map(({ map, id }) => this.#read(map, id)),
      next: begin >= 0 && begin + limit < ids.length ? (page.at(-1)?.id ?? null) : null,
    };
  }

  /** Sorted once for all pages between two changes. */
  #ids(): readonly { readonly map: FullMap; readonly id: string }[] {
    const version = [...this.#parts.maps].reduce((sum, map) => sum + map.version, 0);
    if (this.#sorted?.version !== version) {
      const ids = [...this.#keys()].map(([map, id]) => ({ map, id }));
      this.#sorted = { version, ids: ids.sort((a, b) => (a.id < b.id ? -1 : 1)) };
    }
    return this.#sorted.ids;
  }

  *#keys(): Generator<readonly [FullMap, string], void> {
    for (const map of this.#parts.maps) {
      if (map.kind === 'sso') {
        for (const key of map.keys()) {
          yield [map, key];
        }
      }
    }
  }

  #read(map: FullMap, id: string): SingleSignOn {
    const { javaLimits } = this.#parts;
    const common = { id, map: map.name, place: map.place(id) };
    try {
      const limits = { ...javaLimits, maxBytes: Math.min(MAX_BYTES, javaLimits.maxBytes) };
      const entry = shownSingleSignOnOf(readObject(map.value(id) ?? Buffer.alloc(0), limits));
      const { authType, username, principal, sessionKeys } = entry;
      return {
        ...common,
        authType,
        username,
        principal: principal && principalView(principal),
        sessions: sessionKeys.map(sessionOf),
      };
    } catch (error) {
      if (!isTribesError(error)) {
        throw error;
      }
      return { ...common, authType: null, username: null, principal: null, sessions: [], error: error.code };
    }
  }

  /**
   * Drops those that nobody will end any more: Tomcat ends a single sign-on with the last of its sessions, and those may have
   * ended while no Tomcat was there. One that a Tomcat has used since is that Tomcat's affair: it is its primary. To be
   * called now and then, when the node has the sessions of the cluster.
   */
  tick(): void {
    this.#walk ??= this.#keys();
    for (let i = 0; i < PER_TICK; i++) {
      const next = this.#walk.next();
      if (next.done === true) {
        this.#walk = undefined;
        this.#endedSince = this.#found;
        this.#found = new Map();
        return;
      }
      this.#judge(...next.value);
    }
  }

  #judge(map: FullMap, id: string): void {
    const { now, logger } = this.#parts;
    const { place, sessions, error } = this.#read(map, id);
    if (place.role !== 'primary' || error !== undefined || sessions.some((session) => this.#lives(session))) {
      return;
    }
    const name = `${map.name}\0${id}`;
    const since = Math.max(this.#endedSince.get(name) ?? now(), map.usedAt(id) ?? 0);
    if (now() - since < ORPHAN_MS) {
      this.#found.set(name, since);
      return;
    }
    logger.info({ map: map.name }, 'a single sign-on whose sessions have ended long ago is dropped');
    void map.remove(id); // never rejects: who does not answer is no reason to keep it
  }

  /** Contexts have the host in their name where the Cluster sits in the Engine. */
  #lives({ context, host, id }: SingleSignOnSession): boolean {
    return (
      context !== null &&
      id !== null &&
      [`${host ?? ''}#${context}`, context].some(
        (name) => this.#parts.store.get(contextName(name), sessionId(id)) !== undefined,
      )
    );
  }
}

function sessionOf({ contextName: context, hostName: host, sessionId: id }: SingleSignOnSessionKey) {
  return { context, host, id };
}
