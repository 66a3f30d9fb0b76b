import { existsSync, readFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exchange, getJson, HttpStatusError } from './http-client.js';
import { SupervisedProcess } from './supervised-process.js';
import { GrowingLog } from './tomcat-log.js';
import type { Group } from './tomcat-settings.js';
import { eventually } from './wait.js';

/** A member as `GET /v1/members` tells it. */
export interface Member {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly uniqueId: string;
  readonly aliveMs: number;
  readonly state: string;
}

/** A session as `GET /v1/sessions/ID` tells it. */
export interface MirroredSession {
  readonly id: string;
  readonly context: string;
  readonly creationTime: number;
  readonly lastAccessedTime: number;
  readonly maxInactiveInterval: number;
  readonly isNew: boolean;
  readonly isValid: boolean;
  readonly authType: string | null;
  readonly principal: { readonly name: string; readonly roles: readonly string[] } | null;
  readonly attributes: Readonly<Record<string, { readonly class: string | null; readonly value: unknown }>>;
}

export interface MirrorContext {
  readonly name: string;
  readonly manager: string;
  readonly sessions: number;
}

export interface MirrorNodeOptions {
  readonly name: string;
  readonly directory: string;
  readonly address: string;
  readonly httpPort: number;
  readonly receiverPort: number;
  readonly group: Group;
  readonly commandPrefix?: readonly string[];
  /** Further flags, such as ["--log.level", "debug"]. */
  readonly flags?: readonly string[];
}

/** The command line of the same build as this file. */
const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const PAGE = 500;

/** Our own node as a child process, and its HTTP interface. */
export class MirrorNode {
  readonly options: MirrorNodeOptions;
  readonly log: GrowingLog;
  readonly dataDirectory: string;
  #process: SupervisedProcess | undefined;

  constructor(options: MirrorNodeOptions) {
    this.options = options;
    const base = join(options.directory, options.name);
    mkdirSync(base, { recursive: true });
    this.dataDirectory = join(base, 'data');
    this.log = new GrowingLog(join(base, 'node.log'));
  }

  get name(): string {
    return this.options.name;
  }

  get url(): string {
    return `http://${this.options.address}:${this.options.httpPort}`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.ending === undefined;
  }

  async start(within = 30_000): Promise<void> {
    this.launch();
    await this.ready(within);
  }

  /** Starts the process and returns at once. */
  launch(): void {
    if (this.running) {
      throw new Error(`${this.name} is running already`);
    }
    const { options } = this;
    const settings: Readonly<Record<string, string | number>> = {
      'membership.address': options.group.address,
      'membership.port': options.group.port,
      'membership.bind': options.address,
      'membership.frequency': options.group.frequency ?? 500,
      'membership.dropTime': options.group.dropTime ?? 3000,
      'receiver.address': options.address,
      'receiver.port': options.receiverPort,
      'http.address': options.address,
      'http.port': options.httpPort,
      'http.tokenFile': this.#tokenFile,
      data: this.dataDirectory,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const command = [
      ...(options.commandPrefix ?? []),
      process.execPath,
      COMMAND,
      'mirror',
      ...flags,
      ...(options.flags ?? []),
    ];
    this.#process = new SupervisedProcess({ name: this.name, command, logFile: this.log.file });
  }

  /** Waits until /healthz says that it is joined and synchronised. */
  async ready(within = 30_000): Promise<void> {
    const ending = await eventually(
      `${this.name} is synchronised; its log is ${this.log.file}`,
      within,
      async () => {
        if (this.#process?.ending !== undefined) {
          return this.#process.ending;
        }
        const { status, body } = await exchange(`${this.url}/healthz`, { timeout: 2_000 });
        if (status !== 200) {
          throw new Error(`/healthz answered ${status} ${body.toString('utf8').slice(0, 200)}`);
        }
        return {};
      },
    );
    if ('code' in ending || 'signal' in ending) {
      throw new Error(
        `${this.name} ended while starting (${JSON.stringify(ending)}); its log is ${this.log.file}`,
      );
    }
  }

  /** A clean stop by SIGTERM. @throws Error unless it exits with 0 `within` milliseconds */
  async stop(within = 10_000): Promise<void> {
    const ending = await this.#process?.terminate(within);
    if (ending !== undefined && !('code' in ending && ending.code === 0)) {
      throw new Error(
        `${this.name} ended with ${JSON.stringify(ending)} after SIGTERM; its log is ${this.log.file}`,
      );
    }
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  pause(): void {
    this.#process?.signal('SIGSTOP');
  }

  resume(): void {
    this.#process?.signal('SIGCONT');
  }

  async members(): Promise<readonly Member[]> {
    const { members } = (await this.get('/v1/members')) as { members: Member[] };
    return members;
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

  async sessionIds(context: string): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({
        context,
        limit: String(PAGE),
        ...(cursor === null ? {} : { cursor }),
      });
      const page = (await this.get(`/v1/sessions?${query.toString()}`)) as {
        sessions: { id: string }[];
        next: string | null;
      };
      ids.push(...page.sessions.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== null);
    return ids;
  }

  async session(context: string, id: string): Promise<MirroredSession | undefined> {
    const query = new URLSearchParams({ context });
    try {
      return (await this.get(
        `/v1/sessions/${encodeURIComponent(id)}?${query.toString()}`,
      )) as MirroredSession;
    } catch (error) {
      if (error instanceof HttpStatusError && error.response.status === 404) {
        return undefined;
      }
      throw error;
    }
  }

  /** One attribute's own Java stream. */
  async attributeStream(context: string, id: string, name: string): Promise<Buffer> {
    const query = new URLSearchParams({ context, format: 'java' });
    const path = `/v1/sessions/${encodeURIComponent(id)}/attributes/${encodeURIComponent(name)}?${query.toString()}`;
    const response = await exchange(this.url + path, { headers: this.#authorization() });
    if (response.status !== 200) {
      throw new HttpStatusError(path, response);
    }
    return response.body;
  }

  /** A GET with the token. */
  get(path: string): Promise<unknown> {
    return getJson(this.url + path, { headers: this.#authorization() });
  }

  /** What the log holds, empty before the first start. */
  logText(): string {
    return existsSync(this.log.file) ? this.log.text() : '';
  }

  get #tokenFile(): string {
    return join(this.options.directory, this.options.name, 'token');
  }

  #authorization(): Record<string, string> {
    return { authorization: `Bearer ${readFileSync(this.#tokenFile, 'utf8').trim()}` };
  }
}
