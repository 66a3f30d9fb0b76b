import {
  contextName,
  sessionId,
  type ContextName,
  type FactStore,
  type SessionId,
  type UniqueId,
} from '../../base/index.js';
import type { MapGroup, MapRole } from '../../channel/index.js';

/** What is remembered of a session of a replicated map, for the next run. */
export interface StoredEntry {
  readonly role: MapRole;
  /** In whose map it lived; null where that was not known. */
  readonly group: MapGroup | null;
  /** The members that had its value besides us: primary and backups. */
  readonly holders: readonly UniqueId[];
}

const CONTEXTS = 'backup-map/';
const ENTRIES = 'backup-entry/';

/** What is to be known of replicated maps when the node starts again. */
export class BackupFacts {
  readonly #facts: FactStore;

  constructor(facts: FactStore) {
    this.#facts = facts;
  }

  /** Contexts whose sessions are in replicated maps. */
  *contexts(): Generator<ContextName, void> {
    for (const [key] of this.#facts.entries(CONTEXTS)) {
      yield contextName(key.slice(CONTEXTS.length));
    }
  }

  hasContext(context: ContextName): boolean {
    return this.#facts.get(`${CONTEXTS}${context}`) !== undefined;
  }

  addContext(context: ContextName): void {
    this.#facts.put(`${CONTEXTS}${context}`, Buffer.alloc(0));
  }

  *entries(context: ContextName): Generator<readonly [SessionId, StoredEntry], void> {
    const prefix = entryKey(context, '');
    for (const [key, value] of this.#facts.entries(prefix)) {
      const entry = decode(value);
      if (entry !== undefined) {
        yield [sessionId(key.slice(prefix.length)), entry];
      }
    }
  }

  put(context: ContextName, id: SessionId, { role, group, holders }: StoredEntry): void {
    const where = group === null ? role : `${role}@${group}`;
    this.#facts.put(entryKey(context, id), Buffer.from([where, ...holders].join(' '), 'latin1'));
  }

  delete(context: ContextName, id: SessionId): void {
    this.#facts.delete(entryKey(context, id));
  }
}

/** The end of the name is marked: that of one context may begin like that of another. */
function entryKey(context: ContextName, id: string): string {
  return `${ENTRIES}${context}\0${id}`;
}

const ROLES: readonly string[] = ['primary', 'backup', 'proxy', 'held'] satisfies MapRole[];

function decode(value: Buffer): StoredEntry | undefined {
  const [where = '', ...holders] = value.toString('latin1').split(' ');
  const [role = '', group = null] = where.split('@');
  return ROLES.includes(role) ? { role: role as MapRole, group, holders: holders as UniqueId[] } : undefined;
}
