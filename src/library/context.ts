import { contextName, type ContextName } from '../base/index.js';
import type { ContextInfo } from '../session/index.js';
import type { Access } from './access.js';
import { Session } from './session.js';
import { SessionChanges, notWriting } from './session-changes.js';
import { Sessions } from './sessions.js';
import { writeResult, type WriteResult } from './write-result.js';

/** How a session is to begin. */
export interface CreateOptions {
  /** Attributes by name; what a value may be is told by `SessionChanges.set`. */
  readonly attributes?: ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;
  /** Seconds; zero or less: never expires. Default 1800, as Tomcat's. */
  readonly maxInactiveInterval?: number;
  /** Suffix of the id: the Tomcat to which a load balancer sends whoever has the session. */
  readonly jvmRoute?: string;
}

/** A web application under the name of its manager. It need not be there yet. */
export class Context {
  readonly name: ContextName;
  readonly sessions: Sessions;
  readonly #access: Access;

  /** @internal */
  constructor(name: string, access: Access) {
    this.name = contextName(name);
    this.sessions = new Sessions(access, name);
    this.#access = access;
  }

  /** What is known of it now, such as the members that have answered for it; undefined when nobody has named it yet. */
  get info(): ContextInfo | undefined {
    return this.#access.mirror.contexts().find(({ name }) => name === this.name);
  }

  session(id: string): Session | undefined {
    return this.sessions.find(id)[0];
  }

  /**
   * Creates a session in the cluster, under a new id of Tomcat's form.
   *
   * Errors: TRIBES_E_LIBRARY_READ_ONLY, TRIBES_E_WRITE_NO_CONTEXT, and those of `Session.change`.
   */
  async create({ attributes = {}, ...options }: CreateOptions = {}): Promise<WriteResult> {
    const { writer, classes } = this.#access;
    if (writer === null) {
      throw notWriting();
    }
    const changes = new SessionChanges(classes);
    const entries: Iterable<readonly [string, unknown]> =
      attributes instanceof Map
        ? (attributes as ReadonlyMap<string, unknown>)
        : Object.entries(attributes as Readonly<Record<string, unknown>>);
    for (const [name, value] of entries) {
      changes.set(name, value);
    }
    const { set } = changes.edit();
    const outcome = await writer.create(this.name, { ...options, ...(set && { set }) }, { by: 'library' });
    const { record } = outcome;
    return writeResult(outcome, record && new Session(record, this.#access));
  }
}
