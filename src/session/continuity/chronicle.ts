import { messageOf, type FactStore, type Logger, type UniqueId } from '../../base/index.js';
import type { KnownMember } from './known-members.js';
import type { TimeMark } from './our-time.js';

/** What a run leaves to the next one. */
export interface Legacy {
  readonly mark: TimeMark;
  /** For how long the state had been handed on at that mark; null when it was never whole. */
  readonly stateAgeMs: number | null;
  /** When a Tomcat was last here, by our time; null: never. */
  readonly tomcatSeenAt: number | null;
  readonly members: readonly KnownMember[];
}

const KEY = 'life';
const FORMAT = 1;

/** What outlives the process beside the sessions: one fact, small enough to be written whole. */
export class Chronicle {
  readonly #facts: FactStore;
  readonly #logger: Logger;

  constructor(facts: FactStore, logger: Logger) {
    this.#facts = facts;
    this.#logger = logger;
  }

  /** Undefined when there was no run before, or what it left cannot be read: then it counts as the first. */
  read(): Legacy | undefined {
    const stored = this.#facts.get(KEY);
    if (stored === undefined) {
      return undefined;
    }
    try {
      return legacyOf(JSON.parse(stored.toString('utf8')));
    } catch (error) {
      const text =
        'what is remembered of the run before cannot be read: every session counts as unconfirmed, and nobody as known';
      this.#logger.error({ error: messageOf(error) }, text);
      return undefined;
    }
  }

  write({ mark, stateAgeMs, tomcatSeenAt, members }: Legacy): void {
    const known = members.map(({ togetherUntil, ...member }) => ({
      ...member,
      togetherUntil: Number.isFinite(togetherUntil) ? togetherUntil : null,
    }));
    const value = { format: FORMAT, mark, stateAgeMs, tomcatSeenAt, members: known };
    this.#facts.put(KEY, Buffer.from(JSON.stringify(value)));
  }
}

type Fields = Readonly<Record<string, unknown>>;

function legacyOf(value: unknown): Legacy {
  const fields = object(value);
  if (fields['format'] !== FORMAT) {
    throw new Error(`format ${String(fields['format'])}, not ${FORMAT}`);
  }
  const mark = object(fields['mark']);
  const boot = mark['boot'] === null ? null : object(mark['boot']);
  if (!Array.isArray(fields['members'])) {
    throw new Error('no list of members');
  }
  return {
    mark: {
      at: number(mark['at']),
      wall: number(mark['wall']),
      boot: boot && { id: text(boot['id']), uptimeMs: number(boot['uptimeMs']) },
    },
    stateAgeMs: numberOrNull(fields['stateAgeMs']),
    tomcatSeenAt: numberOrNull(fields['tomcatSeenAt']),
    members: fields['members'].map((member) => memberOf(object(member))),
  };
}

function memberOf(fields: Fields): KnownMember {
  return {
    uniqueId: uniqueIdOf(text(fields['uniqueId'])),
    name: text(fields['name']),
    mirror: fields['mirror'] === true,
    present: fields['present'] === true,
    togetherUntil: numberOrNull(fields['togetherUntil']) ?? Infinity,
    skew: number(fields['skew']),
  };
}

function object(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) {
    throw new Error('an object is missing');
  }
  return value as Fields;
}

function number(value: unknown): number {
  if (typeof value !== 'number') {
    throw new Error('a number is missing');
  }
  return value;
}

const numberOrNull = (value: unknown): number | null => (value === null ? null : number(value));

function text(value: unknown): string {
  if (typeof value !== 'string') {
    throw new Error('a text is missing');
  }
  return value;
}

function uniqueIdOf(digits: string): UniqueId {
  if (!/^[0-9a-f]{32}$/.test(digits)) {
    throw new Error('a unique id is malformed');
  }
  return digits as UniqueId;
}
