import { contextName, sessionId, type ContextName, type SessionSummary } from '../base/index.js';
import type { Access } from './access.js';
import { Pace } from './pace.js';
import { Session } from './session.js';

/** Sessions fetched from the index at a time. */
const PAGE = 256;

/**
 * The sessions of one context, or of all. A loop over them needs no more memory the more there are, and lets everything else
 * have its turn every few milliseconds. It meets every session that is there from its beginning to its end
 * once; one that comes, ends or gets another id meanwhile may be met or not. Each is as it was when it was met.
 */
export class Sessions implements AsyncIterable<Session> {
  readonly #access: Access;
  readonly #context: ContextName | undefined;

  /** @internal */
  constructor(access: Access, context?: string) {
    this.#access = access;
    this.#context = context === undefined ? undefined : contextName(context);
  }

  /** How many there are now. */
  get size(): number {
    const contexts = this.#access.mirror.contexts();
    return contexts.reduce(
      (sum, { name, sessions }) => (name === (this.#context ?? name) ? sum + sessions : sum),
      0,
    );
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Session, undefined> {
    for await (const { id, context } of this.summaries()) {
      const [record] = this.#access.mirror.find(id, context);
      if (record !== undefined) {
        yield new Session(record, this.#access);
      }
    }
  }

  /** The same loop over what lists show: times, names of attributes. It reads no attribute, and so is several times as fast. */
  async *summaries(): AsyncGenerator<SessionSummary, undefined> {
    const { mirror, clock } = this.#access;
    const pace = new Pace(clock);
    const context = this.#context === undefined ? {} : { context: this.#context };
    let cursor: { cursor?: string } | null = {};
    while (cursor !== null) {
      const page = mirror.page({ ...context, ...cursor, limit: PAGE });
      for (const summary of page.sessions) {
        yield summary;
        if (pace.isOver) {
          await pace.pause();
        }
      }
      cursor = page.next === null ? null : { cursor: page.next };
    }
  }

  /** The sessions of that id, at most one in each context. */
  find(id: string): Session[] {
    return this.#access.mirror
      .find(sessionId(id), this.#context)
      .map((record) => new Session(record, this.#access));
  }
}
