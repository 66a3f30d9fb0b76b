import type { DumpedSession } from './dump.js';
import type { MirroredSession } from './mirror-node.js';
import { shortened, viewDifference } from './view-comparison.js';

/** One context's sessions at one Tomcat. */
export interface TomcatSessions {
  readonly tomcat: string;
  readonly sessions: readonly DumpedSession[];
}

/** The same context's sessions at our node. */
export interface NodeSessions {
  readonly name: string;
  readonly sessions: ReadonlyMap<string, MirroredSession>;
}

export interface Comparison {
  readonly sessions: number;
  readonly attributes: number;
  /** Where the node agrees with no Tomcat. */
  readonly failures: readonly string[];
  /** Where the Tomcats differ between themselves: told, not failed. */
  readonly betweenTomcats: readonly string[];
}

/**
 * Holds a node's sessions of one context against what the Tomcats hold. Where all Tomcats agree, the node must agree with
 * them; where they do not, with one of them, and the difference is reported. Without a node the Tomcats are compared
 * among themselves.
 */
export function compareSessions(tomcats: readonly TomcatSessions[], node?: NodeSessions): Comparison {
  const holders: Holder[] = tomcats.map(({ tomcat, sessions }) => ({
    name: tomcat,
    sessions: new Map(sessions.map((session) => [session.id, session])),
  }));
  const ids = new Set(
    [...holders, ...(node === undefined ? [] : [node])].flatMap(({ sessions }) => [...sessions.keys()]),
  );
  const comparison = new SessionComparison(holders, node);
  for (const id of ids) {
    comparison.compare(id);
  }
  const { attributes, failures, betweenTomcats } = comparison;
  return { sessions: ids.size, attributes, failures, betweenTomcats };
}

/** What a Tomcat and a node both tell of a session. */
interface ComparedSession extends Omit<MirroredSession, 'context' | 'attributes'> {
  readonly attributes: Readonly<Record<string, ComparedAttribute>>;
}

interface Holder {
  readonly name: string;
  readonly sessions: ReadonlyMap<string, ComparedSession>;
}

/** True, false, or where the two differ. */
type Same = (left: unknown, right: unknown) => string | boolean;

const SCALARS: readonly (readonly [keyof ComparedSession, Same])[] = [
  ['creationTime', sameJson],
  ['lastAccessedTime', near],
  ['maxInactiveInterval', sameJson],
  ['isNew', sameJson],
  ['isValid', sameJson],
  ['authType', sameJson],
  ['principal', samePrincipal],
];

class SessionComparison {
  attributes = 0;
  readonly failures: string[] = [];
  readonly betweenTomcats: string[] = [];
  readonly #tomcats: readonly Holder[];
  readonly #node: Holder | undefined;

  constructor(tomcats: readonly Holder[], node: Holder | undefined) {
    this.#tomcats = tomcats;
    this.#node = node;
  }

  compare(id: string): void {
    const has = (holder: Holder): boolean => holder.sessions.has(id);
    this.#weigh({ id, tomcats: this.#tomcats, node: this.#node }, 'is there', has, sameJson);
    const tomcats = this.#tomcats.filter(has);
    const node = this.#node !== undefined && has(this.#node) ? this.#node : undefined;
    for (const [field, same] of SCALARS) {
      this.#weigh({ id, tomcats, node }, field, (holder) => holder.sessions.get(id)?.[field], same);
    }
    const attributes = (holder: Holder): ComparedSession['attributes'] =>
      holder.sessions.get(id)?.attributes ?? {};
    for (const name of new Set(held(tomcats, node).flatMap((holder) => Object.keys(attributes(holder))))) {
      this.attributes += 1;
      this.#weigh(
        { id, tomcats, node },
        `attribute ${name}`,
        (holder) => attributes(holder)[name],
        sameAttribute,
      );
    }
  }

  #weigh({ id, tomcats, node }: Question, what: string, read: (holder: Holder) => unknown, same: Same): void {
    const [first, ...others] = tomcats;
    if (first === undefined) {
      return;
    }
    const values = held(tomcats, node).map((holder) => `${holder.name} ${brief(read(holder))}`);
    const account = `session ${id} ${what}: ${values.join(', ')}`;
    if (others.some((other) => same(read(first), read(other)) !== true)) {
      this.betweenTomcats.push(account);
    }
    if (node === undefined) {
      return;
    }
    const verdicts = tomcats.map((tomcat) => same(read(tomcat), read(node)));
    if (!verdicts.includes(true)) {
      const where = verdicts.find((verdict) => typeof verdict === 'string');
      this.failures.push(where === undefined ? account : `${account}; at ${where}`);
    }
  }
}

/** A session, and who is asked for it. */
interface Question {
  readonly id: string;
  readonly tomcats: readonly Holder[];
  readonly node: Holder | undefined;
}

function held(tomcats: readonly Holder[], node: Holder | undefined): readonly Holder[] {
  return node === undefined ? tomcats : [...tomcats, node];
}

interface ComparedAttribute {
  readonly class: string | null;
  readonly streamClass?: string;
  readonly bytes?: unknown;
  readonly value?: unknown;
}

/** What the stream does not tell: how an EnumSet is held. */
const STAND_INS = new Map([
  ['java.util.RegularEnumSet', 'java.util.EnumSet'],
  ['java.util.JumboEnumSet', 'java.util.EnumSet'],
]);

function sameAttribute(left: unknown, right: unknown): string | boolean {
  if (left === undefined || right === undefined) {
    return left === right;
  }
  const [one, other] = [left as ComparedAttribute, right as ComparedAttribute];
  if (typeof one.bytes === 'string' && one.bytes === other.bytes) {
    return true;
  }
  if (![one.class, one.streamClass, STAND_INS.get(one.class ?? '')].includes(other.class ?? undefined)) {
    return `class ${String(one.class)}, ${String(other.class)}`;
  }
  return viewDifference(one.value, other.value) ?? true;
}

/**
 * Every node takes the time of access from its own clock when a message arrives, so no two Tomcats have the same: what is
 * compared is that they are near each other. One that has just started has the time at which the state came: on a busy
 * machine, seconds after whoever gave it.
 */
const NEAR_MILLISECONDS = 15_000;

function near(left: unknown, right: unknown): boolean {
  return Math.abs(Number(left) - Number(right)) <= NEAR_MILLISECONDS;
}

function sameJson(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** A principal is its name and its roles. */
function samePrincipal(left: unknown, right: unknown): boolean {
  return sameJson(nameAndRoles(left), nameAndRoles(right));
}

function nameAndRoles(principal: unknown): unknown {
  const { name, roles } = (principal ?? {}) as { name?: string; roles?: readonly string[] };
  return { name, roles: [...(roles ?? [])].sort() };
}

/** An attribute without its bytes, and a principal without its class, which say little to a reader. */
function brief(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'roles' in value) {
    return shortened(nameAndRoles(value));
  }
  if (typeof value === 'object' && value !== null && 'class' in value) {
    const attribute = value as ComparedAttribute;
    return `${String(attribute.class)} ${shortened(attribute.value)}`;
  }
  return shortened(value);
}
