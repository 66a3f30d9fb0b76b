import { Registry } from 'prom-client';
import {
  contextName,
  sessionId,
  silentLogger,
  uniqueId,
  type ContextName,
  type SessionRecord,
  type ShareGroup,
} from '../../src/base/index.js';
import type { ChannelMembershipListener } from '../../src/channel/index.js';
import { makeMember, type Member } from '../../src/membership/index.js';
import type { Health, NodeView } from '../../src/node/index.js';
import {
  StoreImporter,
  type SessionEvent,
  type SessionMirror,
  type SessionWriter,
  type SingleSignOn,
} from '../../src/session/index.js';
import { MemoryStore } from '../../src/store/index.js';
import { vectorFiles } from '../support/vectors.js';

/** A node without a cluster: a real store, filled by hand, and events made by hand. */
export class TestNode implements NodeView {
  readonly store = new MemoryStore({ logger: silentLogger });
  readonly metrics = new Registry();
  readonly others: Member[] = [];
  /** What is said of members, by key. */
  readonly problems = new Map<string, string>();
  readonly #sessionListeners = new Set<(event: SessionEvent) => void>();
  readonly #memberListeners: ChannelMembershipListener[] = [];
  state: Health = { ready: true };
  writer: SessionWriter | null = null;
  readonly singleSignOns: SingleSignOn[] = [];
  readonly contextAttributes = new Map<string, ShareGroup[]>();
  /** What was received before that is unconfirmed. */
  confirmedSince = -Infinity;

  readonly channel = {
    local: testMember(4000, 0),
    problemOf: ({ key }: Member): string | null => this.problems.get(key) ?? null,
    members: () => this.others,
    addMembershipListener: (listener: ChannelMembershipListener) => void this.#memberListeners.push(listener),
  };

  readonly messages: NodeView['messages'] = {
    vet: null,
    channel: {
      view: undefined,
      send: () => Promise.reject(new Error('nothing is sent')),
      addChannelListener: () => undefined,
      registerRpcService: () => () => undefined,
      declineRpc: () => undefined,
    },
  };

  /** The instant of snapshots and imports. */
  asOf = 1_700_000_010_000;

  readonly maps: NodeView['maps'] = {
    mayWrite: false,
    open: () => Promise.reject(new Error('there are no maps')),
    close: () => Promise.resolve(),
    put: () => Promise.reject(new Error('there are no maps')),
    remove: () => Promise.resolve(undefined),
  };

  readonly importer = new StoreImporter(this.store, () => this.asOf);

  readonly mirror: SessionMirror = {
    synchronisation: () => ({ state: 'synchronised', since: 0 }),
    contexts: () =>
      [...this.store.contexts()].map(([name, sessions]) => ({
        name,
        manager: 'DeltaManager',
        sessions,
        unconfirmed: 0,
        members: [],
      })),
    page: (query) => this.store.page(query),
    find: (id, context) =>
      (context === undefined ? [...this.store.contexts().keys()] : [context])
        .map((name) => this.store.get(name, id))
        .filter((record) => record !== undefined),
    onSynchronised: () => () => undefined,
    routes: (steps) => this.store.routes(steps),
    snapshot: () => ({ asOf: this.asOf, sessions: this.store.snapshot() }),
    isUnconfirmed: ({ receivedAt }) => receivedAt < this.confirmedSince,
    place: () => undefined,
    look: () => Promise.resolve(),
    singleSignOns: ({ limit }) => ({ sso: this.singleSignOns.slice(0, limit), next: null }),
    contextAttributes: (name) => this.contextAttributes.get(name),
    subscribe: (listener) => {
      this.#sessionListeners.add(listener);
      return () => this.#sessionListeners.delete(listener);
    },
  };

  health(): Health {
    return this.state;
  }

  get subscribers(): number {
    return this.#sessionListeners.size;
  }

  emit(event: SessionEvent): void {
    for (const listener of this.#sessionListeners) {
      listener(event);
    }
  }

  tellOfMembers(action: (listener: ChannelMembershipListener) => void): void {
    this.#memberListeners.forEach(action);
  }
}

export function testMember(
  port: number,
  aliveMs: number,
  domain = '',
  payload: Buffer = Buffer.alloc(0),
): Member {
  return makeMember({
    aliveTime: BigInt(aliveMs),
    port,
    securePort: -1,
    udpPort: -1,
    host: Buffer.from([127, 0, 0, 1]),
    command: Buffer.alloc(0),
    domain: Buffer.from(domain, 'latin1'),
    uniqueId: uniqueId(Buffer.alloc(16, port % 256)),
    payload,
  });
}

export function testRecord(id: string, context: string, more: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: sessionId(id),
    context: contextName(context),
    creationTime: 1_700_000_000_000,
    lastAccessedTime: 1_700_000_001_000,
    thisAccessedTime: 1_700_000_001_500,
    maxInactiveInterval: 1800,
    isNew: false,
    isValid: true,
    authType: null,
    attributes: [],
    principal: null,
    notes: [],
    listeners: [],
    receivedAt: 1_700_000_002_000,
    source: null,
    confirmedBy: [],
    version: 1,
    ...more,
  };
}

export const context = (name: string): ContextName => contextName(name);

/** An attribute whose value a real JDK wrote. */
export function jdkAttribute(name: string, vector: string): ShareGroup {
  return { names: [name], stream: vectorBytes('06-', vector) };
}

export function vectorBytes(file: string, name: string): Buffer {
  for (const vectors of vectorFiles(file).values()) {
    const vector = vectors.find((candidate) => candidate.name === name);
    if (vector !== undefined) {
      return vector.bytes;
    }
  }
  throw new Error(`no vector ${name} in ${file}`);
}
