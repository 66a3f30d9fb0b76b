import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { silentLogger } from '../../src/base/index.js';
import { LmdbStore } from '../../src/store/index.js';
import { eventually } from '../support/eventually.js';
import { KEPT_ENTRIES, recordOf, stepOf, STEPS_IN_FLIGHT, type Step } from './kill-process.js';
import { temporaryDirectories } from './temporary-directory.js';
import { plain } from './session-records.js';

const script = fileURLToPath(new URL('./kill-process.js', import.meta.url));

/** TRIBES_KILLS: how often a process is killed, in each kind of store. TRIBES_KILL_SEED: when. */
const KILLS = Number(process.env['TRIBES_KILLS'] ?? 20);
const SEED = Number(process.env['TRIBES_KILL_SEED'] ?? randomInt(2 ** 31));

/** How long a process lives after it has first acknowledged something; one in four does not live to that. */
const MAX_WORK_MS = 150;
const MAX_START_MS = 600;
/** The first step of each process is so far from that of the one before. */
const STEPS_A_RUN = 1_000_000;

const ABSENT = 'absent';

/** Numbers from 0 to 1, by a seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What is known of a store whose processes were killed: for each session and fact, the states that it may have. */
class Ledger {
  readonly #states = new Map<string, { readonly step: Step; readonly states: readonly string[] }>();
  acknowledged = 0;
  /** The last steps that were acknowledged, of the last process of which any was. */
  #latest: readonly number[] = [];

  /** A process began with step `first`, and every step up to `last` was acknowledged: perhaps none. */
  add(first: number, last: number): void {
    for (let number = first; number <= last + STEPS_IN_FLIGHT; number++) {
      const step = stepOf(number);
      const state = step.deletes ? ABSENT : `${number}`;
      const before = this.#states.get(step.name)?.states ?? [ABSENT];
      this.#states.set(step.name, { step, states: number <= last ? [state] : [...before, state] });
    }
    const done = Math.max(0, last - first + 1);
    this.acknowledged += done;
    if (done > 0) {
      const count = Math.min(done, KEPT_ENTRIES - STEPS_IN_FLIGHT);
      this.#latest = Array.from({ length: count }, (_, index) => last - count + 1 + index);
    }
  }

  /** Everything is as the last acknowledged step left it, or a later one. */
  check(store: LmdbStore): void {
    for (const [name, { step, states }] of this.#states) {
      expect(states, name).to.include(stateOf(store, step));
    }
    this.#checkEntries([...store.ledger.entries()].map(([, entry]) => Number(entry.toString())));
    expect(store.statistics()).to.include({ unreadable: 0, journalDamaged: 0 });
  }

  /** Each step has made one, in their order. */
  #checkEntries(numbers: readonly number[]): void {
    expect(numbers).to.eql([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers).to.include.members(this.#latest);
  }
}

/** The number of the step that put it, or `ABSENT`. */
function stateOf(store: LmdbStore, { kind, name, number }: Step): string {
  if (kind === 'fact') {
    return store.facts.get(name)?.toString() ?? ABSENT;
  }
  const { context, id } = recordOf(stepOf(number));
  const found = plain(store.get(context, id));
  if (found === undefined) {
    return ABSENT;
  }
  expect(found).to.eql(recordOf(stepOf(found.version - 1)));
  return `${found.version - 1}`;
}

describe('LmdbStore, killed at any moment', function () {
  this.timeout(KILLS * 10_000);
  const temporaryDirectory = temporaryDirectories();

  /** The last of the steps from `first` on that were all acknowledged by a process that is killed; `first - 1` for none. */
  async function killedRun(args: readonly string[], first: number, random: () => number): Promise<number> {
    const path = join(temporaryDirectory(), 'acknowledged');
    // A file and no pipe: what the process has written is there, however it ends, and never has to wait for us.
    const file = openSync(path, 'w');
    const child = spawn(process.execPath, [script, ...args, String(first)], {
      stdio: ['ignore', file, 'pipe'],
    });
    closeSync(file);
    const errors = text(child.stderr ?? Readable.from([]));
    const closed = once(child, 'close');
    if (random() < 0.25) {
      await Promise.race([pause(random() * MAX_START_MS), closed]);
    } else {
      await eventually('work', () => statSync(path).size > 0 || child.exitCode !== null, 20_000);
      await pause(random() * MAX_WORK_MS);
    }
    const endedBefore = child.exitCode;
    child.kill('SIGKILL');
    await closed;
    expect([endedBefore, await errors], 'ended by itself').to.eql([null, '']);
    const acknowledged = new Set(readFileSync(path, 'latin1').split('\n').map(Number));
    let last = first - 1;
    while (acknowledged.has(last + 1)) {
      last++;
    }
    return last;
  }

  for (const kind of ['plain', 'encrypted'] as const) {
    it(`has everything that it committed: ${KILLS} times, ${kind}, seed ${SEED}`, async () => {
      const directory = temporaryDirectory();
      const keyFile = kind === 'plain' ? '' : join(directory, 'key');
      if (keyFile !== '') {
        writeFileSync(keyFile, 'ab'.repeat(32), { mode: 0o600 });
      }
      const random = randomNumbers(SEED);
      const ledger = new Ledger();
      for (let run = 1; run <= KILLS; run++) {
        const first = run * STEPS_A_RUN;
        ledger.add(first, await killedRun([directory, keyFile], first, random));
        // Not each time: the next process then finds what several have left.
        if (random() < 0.5 || run === KILLS) {
          const store = new LmdbStore({
            directory,
            logger: silentLogger,
            ...(keyFile !== '' && { keyFile }),
          });
          await store.open();
          try {
            ledger.check(store);
          } finally {
            await store.close();
          }
        }
      }
      expect(ledger.acknowledged).to.be.greaterThan(KILLS);
    });
  }
});
