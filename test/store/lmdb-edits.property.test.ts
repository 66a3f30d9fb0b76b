import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  contextName,
  defaultStoreLimits,
  sessionId,
  silentLogger,
  uniqueId,
  type DeferredDelta,
  type SessionId,
  type SessionRecord,
  type ShareGroup,
} from '../../src/base/index.js';
import { readPlainDelta } from '../../src/session/message/message-reader.js';
import { emptyDelta } from '../../src/session/message/session-delta.js';
import { withDelta } from '../../src/session/session-changes.js';
import { LmdbStore } from '../../src/store/index.js';
import { ignoreDialect } from '../../src/wire/index.js';
import { deltaPayload } from '../support/delta-payload.js';
import { recordingLogger } from '../support/recording-logger.js';
import { jdkStream, javaString, plain, sessionRecord } from './session-records.js';
import { temporaryDirectories } from './temporary-directory.js';

const CONTEXT = contextName('localhost#/app');
const IDS = ['a', 'b', 'c'].map(sessionId);
const NAMES = ['cart', 'user', 'visits', 'notes'];
const VALUES = [
  jdkStream('ArrayList'),
  jdkStream('LinkedHashMap'),
  jdkStream('Integer'),
  javaString('text'),
  // Of no class that could be packed.
  Buffer.from('no stream at all'),
];

/** What may change of a session. */
type Change =
  | {
      readonly type: 'set' | 'note';
      readonly id: number;
      readonly name: number;
      readonly value: number;
      readonly isInUse: boolean;
    }
  | { readonly type: 'remove' | 'reverse' | 'principal' | 'listener'; readonly id: number };

/** A delta that may be deferred; of no names: an access. */
interface Deferral {
  readonly type: 'defer';
  readonly id: number;
  readonly set: Readonly<Record<string, number>>;
  readonly removed: readonly string[];
  readonly maxInactiveInterval: number | undefined;
}

/** What may happen to one of the sessions, or to the store. */
type Step =
  | Change
  | Deferral
  | { readonly type: 'delete'; readonly id: number }
  /** `forget`: nothing is in use any more; `kill`: the process ends, and another one begins. */
  | { readonly type: 'forget' | 'flush' | 'kill' };

const id = fc.nat(IDS.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constantFrom('set' as const, 'note' as const),
      id,
      name: fc.nat(NAMES.length - 1),
      value: fc.nat(VALUES.length - 1),
      isInUse: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('remove' as const, 'reverse', 'delete', 'principal', 'listener'),
      id,
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constant('defer' as const),
      id,
      set: fc.dictionary(fc.constantFrom(...NAMES, 'another'), fc.nat(3), { maxKeys: 3 }),
      removed: fc.subarray([...NAMES, 'third'], { maxLength: 2 }),
      maxInactiveInterval: fc.option(fc.nat(9), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('forget' as const, 'flush', 'kill') }) },
);

/** A store that writes only when it is told to, and what it should have. */
class Rehearsal {
  readonly #makeDirectory: () => string;
  readonly #sessions = new Map<string, SessionRecord>();
  #directory: string;
  #store: LmdbStore;

  constructor(makeDirectory: () => string) {
    this.#makeDirectory = makeDirectory;
    this.#directory = makeDirectory();
    this.#store = this.#storeIn(this.#directory);
  }

  async start(): Promise<void> {
    await this.#store.open();
  }

  async stop(): Promise<void> {
    await this.#store.close();
  }

  async take(what: Step): Promise<void> {
    switch (what.type) {
      case 'flush':
        await this.#store.flush();
        break;
      case 'forget':
        this.#store.put(
          sessionRecord({
            context: contextName('another'),
            attributes: [{ names: ['large'], stream: Buffer.alloc(HOT_BYTES) }],
          }),
        );
        break;
      case 'kill':
        await this.kill();
        break;
      case 'delete': {
        const gone = IDS[what.id] ?? sessionId('');
        expect(this.#store.delete(CONTEXT, gone)).to.equal(this.#sessions.delete(gone));
        break;
      }
      case 'defer':
        this.#defer(what);
        break;
      default:
        this.#put(what);
    }
  }

  /** Where it is not deferred it is put. */
  #defer({ id: number, set, removed, maxInactiveInterval }: Deferral): void {
    const name = IDS[number] ?? sessionId('');
    const before = this.#sessions.get(name);
    if (before === undefined) {
      return;
    }
    const groups = Object.entries(set).map(([each, value]) => ({
      names: [each],
      stream: VALUES[value] as Buffer,
    }));
    const gone = removed.filter((each) => !(each in set));
    const isAccess = groups.length + gone.length === 0 && maxInactiveInterval === undefined;
    const contents = { set: groups, removed: gone, maxInactiveInterval };
    const timestamp = before.lastAccessedTime + 1;
    const delta = {
      payload: isAccess ? null : deltaPayload(name, contents),
      sender: OWNER,
      timestamp,
      receivedAt: before.receivedAt + 1,
      by: {
        carryOut: (record: SessionRecord, all: readonly DeferredDelta[]) => all.reduce(carriedOut, record),
      },
    };
    const session = this.#store.deferrable(CONTEXT, name, OWNER, delta.payload?.length ?? 0);
    const after = carriedOut(before, delta);
    if (session === undefined) {
      this.#store.put(carriedOut(this.#store.get(CONTEXT, name) ?? before, delta));
    } else {
      this.#store.defer(session, delta);
      deferred++;
    }
    this.#sessions.set(name, after);
  }

  check(): void {
    for (const each of IDS) {
      expect(plain(this.#store.get(CONTEXT, each)), each).to.eql(plain(this.#sessions.get(each)));
    }
  }

  /** What the process leaves behind is taken over by the next one. */
  async kill(): Promise<void> {
    await this.#store.commit();
    const copy = this.#makeDirectory();
    const journal = readdirSync(join(this.#directory, 'journal')).map((name) => `journal/${name}`);
    for (const file of ['sessions/data.mdb', ...journal]) {
      mkdirSync(dirname(join(copy, file)), { recursive: true, mode: 0o700 });
      copyFileSync(join(this.#directory, file), join(copy, file));
    }
    await this.#store.close();
    this.#directory = copy;
    const { logger, lines } = recordingLogger();
    this.#store = this.#storeIn(copy, logger);
    await this.#store.open();
    expect([...lines('error'), ...lines('warn')]).to.eql([]);
    this.check();
  }

  #put(what: Change): void {
    const name = IDS[what.id] ?? sessionId('');
    const before = this.#store.get(CONTEXT, name) ?? NEW(name);
    const after = { ...changed(before, what), version: before.version + 1 };
    this.#store.put(after, 'isInUse' in what ? what.isInUse : true);
    this.#sessions.set(name, after);
  }

  #storeIn(directory: string, logger = silentLogger): LmdbStore {
    const limits = { ...defaultStoreLimits, maxHotBytes: HOT_BYTES };
    return new LmdbStore({ directory, logger, limits, writeIntervalMs: 1_000_000 });
  }
}

const HOT_BYTES = 100_000;

const NEW = (id: SessionId): SessionRecord => sessionRecord({ context: CONTEXT, id, confirmedBy: [OWNER] });
const OWNER = uniqueId(Buffer.alloc(16, 7));
let deferred = 0;

/** The record after the delta, as its payload says. */
function carriedOut(record: SessionRecord, { payload, timestamp, receivedAt }: DeferredDelta): SessionRecord {
  const delta =
    payload === null ? emptyDelta : readPlainDelta(payload, ignoreDialect, ({ why }) => expect.fail(why));
  return withDelta(record, delta, { sender: OWNER, timestamp }, receivedAt, true);
}

function changed(before: SessionRecord, what: Change): SessionRecord {
  const { attributes, notes, listeners } = before;
  switch (what.type) {
    case 'set':
      return { ...before, attributes: withGroup(attributes, what) };
    case 'note':
      return { ...before, notes: withGroup(notes, what) };
    case 'remove':
      return { ...before, attributes: attributes.slice(1), notes: notes.slice(0, -1) };
    case 'reverse':
      return { ...before, attributes: [...attributes].reverse() };
    case 'principal':
      return { ...before, principal: before.principal === null ? jdkStream('HashMap') : null };
    case 'listener':
      return { ...before, listeners: listeners.length > 1 ? [] : [...listeners, jdkStream('Long')] };
  }
}

/** In the place of the group of that name, which may be of two names; or at the end. */
function withGroup(
  groups: readonly ShareGroup[],
  { name, value }: { readonly name: number; readonly value: number },
): readonly ShareGroup[] {
  const text = NAMES[name] ?? '';
  const stream = VALUES[value] ?? Buffer.alloc(0);
  const group = value === 4 ? { names: [text], stream, uncut: true as const } : { names: [text], stream };
  const at = groups.findIndex(({ names }) => names.includes(text));
  return at < 0 ? [...groups, group] : groups.map((other, i) => (i === at ? group : other));
}

describe('edits in the journal of an LmdbStore', function () {
  this.timeout(120_000);
  const temporaryDirectory = temporaryDirectories();

  it('make of what rests what was put, whatever was in use, at rest or in the journal', async () => {
    deferred = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const rehearsal = new Rehearsal(temporaryDirectory);
        await rehearsal.start();
        try {
          for (const each of steps) {
            await rehearsal.take(each);
          }
          rehearsal.check();
          await rehearsal.kill();
        } finally {
          await rehearsal.stop();
        }
      }),
      { numRuns: Number(process.env['TRIBES_RECOVERY_RUNS'] ?? 60) },
    );
    expect(deferred).to.be.greaterThan(60);
  });
});
