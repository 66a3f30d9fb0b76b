import fc from 'fast-check';
import { sessionId, type SessionId, type UniqueId } from '../../../src/base/index.js';
import type { LiveEvent } from '../../../src/session/message/live-message.js';
import { A, B, delta } from './rig.js';

export interface Said {
  readonly id: SessionId;
  readonly timestamp: number;
  readonly event: LiveEvent;
}

export interface ModelSession {
  readonly creationTime: number;
  attributes: Record<string, string>;
  lastAccessedTime: number;
  maxInactiveInterval: number;
  authType: string | null;
}

/** What is left when everything is done in the order in which it was said: by session id. */
export type Model = Map<SessionId, ModelSession>;

export interface History {
  readonly said: readonly Said[];
  /** The model after each message. */
  readonly states: readonly Model[];
}

type Step =
  | { readonly do: 'create' | 'expire' | 'access' | 'rename' | 'recreate'; readonly whom: number }
  | {
      readonly do: 'change';
      readonly whom: number;
      readonly attributes: Readonly<Record<string, string | null>>;
      readonly interval: number | undefined;
      readonly authType: string | null | undefined;
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('create' as const), whom: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('expire', 'rename'), whom: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('access', 'recreate'), whom: fc.nat(20) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      whom: fc.nat(20),
      attributes: fc.dictionary(
        fc.constantFrom('a', 'b', 'c'),
        fc.option(fc.constantFrom('1', '2', '3', '4')),
      ),
      interval: fc.option(fc.integer({ min: 60, max: 63 }), { nil: undefined }),
      authType: fc.option(fc.constantFrom('FORM', 'BASIC', null), { nil: undefined }),
    }),
  },
);

/**
 * What one Tomcat may say of its sessions, with a time stamp of its own for each message.
 * @param reuse whether the first id of a session may be used again after it has expired.
 */
export function history(reuse: boolean): fc.Arbitrary<History> {
  return fc.array(step, { minLength: 1, maxLength: 40 }).map((steps) => new Narrator(reuse).tell(steps));
}

/** What one Tomcat says in a row; the other one answers when all of it has arrived. */
export interface Burst {
  readonly sender: UniqueId;
  readonly said: readonly Said[];
}

/**
 * What two Tomcats say in turns, each with its own route: whoever goes on with a session of the other changes its id
 * (JvmRouteBinderValve), so that ids go back and forth.
 */
export const relay: fc.Arbitrary<{ readonly bursts: readonly Burst[]; readonly end: Model }> = fc
  .array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 })
  .map((turns) => {
    const narrator = new Narrator(false, ['t1', 't2']);
    const senders = [A, B];
    const bursts = turns.map((steps, i) => ({
      sender: senders[i % 2] ?? A,
      said: narrator.turn(steps, i % 2),
    }));
    return { bursts, end: narrator.model };
  });

class Narrator {
  readonly #reuse: boolean;
  /** Routes of the Tomcats that speak; none where there is but one. */
  readonly #routes: readonly string[];
  readonly #model: Model = new Map();
  readonly #said: Said[] = [];
  readonly #states: Model[] = [];
  readonly #expired: SessionId[] = [];
  readonly #renamed = new Set<SessionId>();
  #time = 1000;
  #ids = 0;
  #route = '';

  constructor(reuse: boolean, routes: readonly string[] = []) {
    this.#reuse = reuse;
    this.#routes = routes;
  }

  get model(): Model {
    return structuredClone(this.#model);
  }

  /** What the Tomcat of that number says. */
  turn(steps: readonly Step[], number: number): readonly Said[] {
    this.#route = this.#routes[number] ?? '';
    const from = this.#said.length;
    this.tell(steps);
    return this.#said.slice(from);
  }

  tell(steps: readonly Step[]): History {
    for (const each of steps) {
      this.#time++;
      this.#do(each);
    }
    return { said: this.#said, states: this.#states };
  }

  #do(step: Step): void {
    if (step.do === 'create') {
      this.#create(this.#newId());
      return;
    }
    if (step.do === 'recreate') {
      const id = this.#reuse ? this.#expired.pop() : undefined;
      if (id !== undefined) {
        this.#create(id);
      }
      return;
    }
    const found = [...this.#model.keys()][step.whom % Math.max(1, this.#model.size)];
    const session = found === undefined ? undefined : this.#model.get(found);
    if (found === undefined || session === undefined) {
      return;
    }
    const id = this.#underOwnRoute(found, session);
    switch (step.do) {
      case 'expire':
        this.#model.delete(id);
        this.#expired.push(...(this.#renamed.has(id) ? [] : [id]));
        this.#say(id, { type: 'expired' });
        return;
      case 'rename':
        this.#rename(id, this.#newId(), session);
        return;
      case 'access':
        session.lastAccessedTime = this.#time;
        this.#say(id, { type: 'accessed' });
        return;
      case 'change':
        this.#change(id, session, step);
    }
  }

  #newId(): SessionId {
    return sessionId(`S${this.#ids++}${this.#route === '' ? '' : `.${this.#route}`}`);
  }

  #underOwnRoute(id: SessionId, session: ModelSession): SessionId {
    const [base] = id.split('.');
    const own = this.#route === '' ? id : sessionId(`${base}.${this.#route}`);
    if (own !== id) {
      this.#rename(id, own, session);
    }
    return own;
  }

  #rename(id: SessionId, newId: SessionId, session: ModelSession): void {
    this.#model.delete(id);
    this.#model.set(newId, session);
    this.#renamed.add(newId);
    this.#say(id, { type: 'idChanged', newId });
    this.#time++;
  }

  #create(id: SessionId): void {
    this.#model.set(id, {
      creationTime: this.#time,
      attributes: {},
      lastAccessedTime: this.#time,
      maxInactiveInterval: 1800,
      authType: null,
    });
    this.#say(id, { type: 'created' });
  }

  #change(id: SessionId, session: ModelSession, step: Extract<Step, { do: 'change' }>): void {
    session.lastAccessedTime = this.#time;
    session.maxInactiveInterval = step.interval ?? session.maxInactiveInterval;
    session.authType = step.authType === undefined ? session.authType : step.authType;
    const after = Object.entries({ ...session.attributes, ...step.attributes });
    session.attributes = Object.fromEntries(
      after.filter((entry): entry is [string, string] => entry[1] !== null),
    );
    const fields = {
      ...(step.interval !== undefined && { maxInactiveInterval: step.interval }),
      ...(step.authType !== undefined && { authType: step.authType }),
    };
    this.#say(id, delta(step.attributes, fields));
  }

  #say(id: SessionId, event: LiveEvent): void {
    this.#said.push({ id, timestamp: this.#time, event });
    this.#states.push(structuredClone(this.#model));
  }
}

/**
 * The messages as they may arrive over several connections: each keeps its order, all may come twice (a sender repeats
 * what was not acknowledged).
 */
export function arrivals<T>(messages: readonly T[], connections = 3): fc.Arbitrary<T[]> {
  const one = fc.record({ connection: fc.nat(connections - 1), twice: fc.integer({ min: 0, max: 9 }) });
  return fc
    .tuple(
      fc.array(one, { minLength: messages.length, maxLength: messages.length }),
      fc.array(fc.nat(connections - 1), { minLength: 3 * messages.length, maxLength: 3 * messages.length }),
    )
    .map(([ways, turns]) => {
      const queues = Array.from({ length: connections }, (): T[] => []);
      messages.forEach((message, i) => {
        const way = ways[i] ?? { connection: 0, twice: 9 };
        queues[way.connection]?.push(message, ...(way.twice === 0 ? [message] : []));
      });
      const arrived = turns.flatMap((turn) => queues[turn]?.splice(0, 1) ?? []);
      return [...arrived, ...queues.flat()];
    });
}
