import { setTimeout as sleep } from 'node:timers/promises';
import { UserHistory, type UserAnswer } from './user-history.js';
import { Visitor, type Server } from './visitor.js';
import type { Application } from './web-application.js';

export interface LoadOptions {
  /** What all requests go through. */
  readonly server: Server;
  /** Where they log in; default: the same. */
  readonly loginServer?: Server;
  /** A third of them logged in by BASIC, a third by a form, the others not. */
  readonly users: number;
  /** Those with BASIC and form login. */
  readonly applications: { readonly basic: Application; readonly form: Application };
  /** Milliseconds from an answer to the same user's next request, at the most. Default 120. */
  readonly pause?: number;
}

/** A request that takes longer has no answer. */
const PATIENCE_MILLISECONDS = 15_000;

/** So many that one is long left alone: what was lost of it meanwhile is not hidden by the next write. */
const ATTRIBUTES = 150;

const LOGINS = {
  none: null,
  basic: { user: 'alice', password: 'alice-secret' },
  form: { user: 'bob', password: 'bob-secret' },
} as const;

/** Users who write into their sessions, each one request after the other, until they are stopped. */
export class Load {
  readonly histories: readonly UserHistory[];
  readonly #users: readonly User[];
  #running: Promise<unknown> | undefined;
  #stopping = false;

  constructor({ server, loginServer = server, users, applications, pause = 120 }: LoadOptions) {
    const kinds = Object.keys(LOGINS) as (keyof typeof LOGINS)[];
    this.#users = Array.from({ length: users }, (_, number) => {
      const login = kinds[number % kinds.length] ?? 'none';
      const application = login === 'form' ? applications.form : applications.basic;
      return new User(`${login} user ${number}`, { server, loginServer, login, application, pause });
    });
    this.histories = this.#users.map(({ history }) => history);
  }

  get requests(): number {
    return this.histories.reduce((sum, { requests }) => sum + requests.length, 0);
  }

  /** Requests that nobody answered. */
  get unanswered(): readonly string[] {
    return this.histories.flatMap(({ requests }) => requests.flatMap(({ trouble }) => trouble ?? []));
  }

  /** Everybody who has to logs in, and then all begin. */
  async begin(): Promise<void> {
    await Promise.all(this.#users.map((user) => user.logIn()));
    this.resume();
  }

  /** They go on where they were. */
  resume(): void {
    this.#stopping = false;
    this.#running = Promise.all(this.#users.map((user) => user.run(() => this.#stopping)));
    this.#running.catch(() => undefined); // `stop` tells it
  }

  /** Returns when the last request has been answered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }
}

interface UserOptions {
  readonly server: Server;
  readonly loginServer: Server;
  readonly login: keyof typeof LOGINS;
  readonly application: Application;
  readonly pause: number;
}

class User {
  readonly history: UserHistory;
  readonly #options: UserOptions;
  readonly #visitor: Visitor;
  #value = 0;

  constructor(name: string, options: UserOptions) {
    this.#options = options;
    this.#visitor = new Visitor(options.application);
    this.history = new UserHistory(name, LOGINS[options.login]?.user ?? null);
  }

  async logIn(): Promise<void> {
    const { loginServer: server, login } = this.#options;
    if (login === 'basic') {
      // Tomcat remembers a BASIC login only in a session that is there already.
      await this.#visitor.act(server, '');
      await this.#visitor.logInBasic(server, LOGINS.basic.user, LOGINS.basic.password);
    } else if (login === 'form') {
      await this.#visitor.logInByForm(server, LOGINS.form.user, LOGINS.form.password);
    }
  }

  async run(stopping: () => boolean): Promise<void> {
    while (!stopping()) {
      await this.#write();
      await sleep(Math.random() * this.#options.pause);
    }
  }

  async #write(): Promise<void> {
    const value = ++this.#value;
    const attribute = `a${value % ATTRIBUTES}`;
    const begun = Date.now();
    const outcome = await this.#send(attribute, value).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ trouble: String(error) }),
    );
    this.history.note({ begun, ended: Date.now(), attribute, value, ...outcome });
  }

  async #send(attribute: string, value: number): Promise<UserAnswer> {
    const { server, login, application } = this.#options;
    const page = `${application.path}/${login === 'none' ? 'session' : 'secure'}/write`;
    const path = `${page}?name=${attribute}&value=${value}`;
    const { status, headers, body } = await this.#visitor.browser.fetch(server.url, path, {
      method: 'POST',
      timeout: PATIENCE_MILLISECONDS,
    });
    // 401, or the form: whoever is sent to log in again has nothing any more.
    if (status === 401 || (status === 200 && headers['content-type']?.includes('json') !== true)) {
      return { id: 'none', user: null, held: {} };
    }
    if (status !== 200) {
      throw new Error(`${status} ${body.toString('utf8').slice(0, 200)}`);
    }
    return JSON.parse(body.toString('utf8')) as UserAnswer;
  }
}
