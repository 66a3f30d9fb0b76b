import { ClusterMember, type MemberIdentity } from './cluster-member.js';
import { exchange, getJson, HttpStatusError, readUntilQuiet } from './http-client.js';
import type { Runtime } from './runtime.js';
import type { Ending } from './supervised-process.js';
import { eventually } from './wait.js';

/** A member as `GET /v1/members` tells it. */
export interface Member {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly uniqueId: string;
  readonly aliveMs: number;
  readonly mirror: boolean;
  readonly state: string;
}

/** A session as `GET /v1/sessions/ID` tells it. */
export interface MirroredSession {
  readonly id: string;
  readonly context: string;
  readonly creationTime: number;
  readonly lastAccessedTime: number;
  readonly maxInactiveInterval: number;
  /** Whether no Tomcat has told of it since the node began to ask; it is nothing that Tomcats could be compared with. */
  readonly unconfirmed?: boolean;
  readonly isNew: boolean;
  readonly isValid: boolean;
  readonly authType: string | null;
  readonly principal: { readonly name: string; readonly roles: readonly string[] } | null;
  /** Of a session of a BackupManager: what the node is to it, and who has it. */
  readonly backup?: MapPlace;
  readonly attributes: Readonly<Record<string, { readonly class: string | null; readonly value: unknown }>>;
}

/** Where an entry of a replicated map is, as one of the map's members sees it. */
export interface MapPlace {
  /** "primary", "backup", "proxy"; a node that stands for members of another group: "held". */
  readonly role: string;
  readonly primary: string | null;
  readonly backups: readonly string[];
}

export interface MirrorContext {
  readonly name: string;
  readonly manager: string;
  readonly sessions: number;
  readonly members: readonly {
    readonly name: string;
    readonly uniqueId: string;
    readonly state: string;
    readonly missing?: string;
    readonly served?: ServedState;
  }[];
}

/** What the node says that it has given to a member that asked it for its sessions. */
export interface ServedState {
  readonly at: number;
  readonly sessions: number;
  readonly failed: number;
  readonly leftOut: number;
  readonly uncut: number;
  readonly inDoubt: number;
}

const PAGE = 500;

/** A node of ours, seen through its HTTP interface. */
export class MirrorNode extends ClusterMember {
  readonly #token: () => string;

  /** @param token reads the access token, which the node makes when it starts */
  constructor(identity: MemberIdentity, runtime: Runtime, token: () => string) {
    super(identity, runtime);
    this.#token = token;
  }

  /** Starts it and waits only until its receiver listens: it has heard nobody, and nobody has heard it. */
  async launch(within = 30_000): Promise<void> {
    const times = (): number => this.logText().split('"the receiver listens"').length;
    const before = times();
    await this.launchOnly();
    await eventually(`${this.name} listens`, within, () => times() > before || undefined);
  }

  /** @throws Error also unless it exits with 0 */
  override async stop(within = 5_000): Promise<Ending | undefined> {
    const ending = await super.stop(within);
    if (ending !== undefined && !('code' in ending && ending.code === 0)) {
      throw new Error(`${this.name} ended with ${JSON.stringify(ending)} after SIGTERM`);
    }
    return ending;
  }

  async members(): Promise<readonly Member[]> {
    const { members } = (await this.get('/v1/members')) as { members: Member[] };
    return members;
  }

  /** Ready or not; without the token. */
  async health(): Promise<{ readonly status: string; readonly warnings?: readonly string[] }> {
    const { body } = await exchange(`${this.url}/healthz`);
    return JSON.parse(body.toString()) as { status: string; warnings?: string[] };
  }

  async contexts(): Promise<readonly MirrorContext[]> {
    return (await this.get('/v1/contexts')) as MirrorContext[];
  }

  /** Every session of a context, each asked for by itself. A session that goes meanwhile is left out. */
  async sessions(context: string): Promise<Map<string, MirroredSession>> {
    const sessions = new Map<string, MirroredSession>();
    for (const id of await this.sessionIds(context)) {
      const session = await this.session(context, id);
      if (session !== undefined) {
        sessions.set(id, session);
      }
    }
    return sessions;
  }

  /** The ids of a context's sessions; none for a context that the node does not know. */
  async sessionIds(context: string): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const query = parameters({ context, limit: String(PAGE), ...(cursor === null ? {} : { cursor }) });
      const page = (await this.#getIfThere(`/v1/sessions?${query}`)) as
        { sessions: { id: string }[]; next: string | null } | undefined;
      ids.push(...(page?.sessions ?? []).map(({ id }) => id));
      cursor = page?.next ?? null;
    } while (cursor !== null);
    return ids;
  }

  async session(context: string, id: string): Promise<MirroredSession | undefined> {
    const path = `/v1/sessions/${encodeURIComponent(id)}?${parameters({ context })}`;
    return (await this.#getIfThere(path)) as MirroredSession | undefined;
  }

  /** What it still has of its events, oldest first, each as one line of JSON. */
  async events(): Promise<string[]> {
    const feed = `${this.url}/v1/events`;
    const life = /^id: (\w+)-\d+$/m.exec(await readUntilQuiet(feed, this.#authorization()))?.[1] ?? '';
    const events = await readUntilQuiet(`${feed}?lastEventId=${life}-0`, this.#authorization());
    return events
      .split('\n')
      .flatMap((line) => (line.startsWith('data: ') ? line.slice('data: '.length) : []));
  }

  /** One attribute's own Java stream. */
  async attributeStream(context: string, id: string, name: string): Promise<Buffer> {
    const query = parameters({ context, format: 'java' });
    const path = `/v1/sessions/${encodeURIComponent(id)}/attributes/${encodeURIComponent(name)}?${query}`;
    const response = await exchange(this.url + path, { headers: this.#authorization() });
    if (response.status !== 200) {
      throw new HttpStatusError(path, response);
    }
    return response.body;
  }

  /** The value of a metric without labels. @throws Error for one that there is not */
  async metric(name: string): Promise<number> {
    const { body } = await exchange(`${this.url}/metrics`, { headers: this.#authorization() });
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(body.toString('utf8'))?.[1];
    if (value === undefined) {
      throw new Error(`${this.name} has no metric ${name}`);
    }
    return Number(value);
  }

  /** A GET with the token. */
  get(path: string): Promise<unknown> {
    return getJson(this.url + path, { headers: this.#authorization() });
  }

  /** It is ready when it is joined and synchronised. */
  protected override async checkReady(): Promise<void> {
    await getJson(`${this.url}/healthz`, { timeout: 2_000 });
  }

  async #getIfThere(path: string): Promise<unknown> {
    try {
      return await this.get(path);
    } catch (error) {
      if (error instanceof HttpStatusError && error.response.status === 404) {
        return undefined;
      }
      throw error;
    }
  }

  #authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.#token()}` };
  }
}

function parameters(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}
