import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { silentLogger } from '../../src/base/index.js';
import { LmdbStore } from '../../src/store/index.js';
import { rejectionOf } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { numberedRecord, SESSIONS_PER_ROUND, type StoreProcessMessage } from './store-process.js';
import { temporaryDirectories } from './temporary-directory.js';
import { plain } from './session-records.js';

const script = fileURLToPath(new URL('./store-process.js', import.meta.url));

/** A process that writes to a store, as `store-process.ts` says. */
class StoreProcess {
  readonly #child: ChildProcess;
  flushed = -1;
  failed: string | undefined;

  /** `shell`: commands of the shell that come before the process takes its place. */
  constructor(directory: string, shell = ':') {
    this.#child = spawn('sh', ['-c', `${shell}; exec "$0" "$@"`, process.execPath, script, directory], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message: StoreProcessMessage) => {
      if ('flushed' in message) {
        this.flushed = message.flushed;
      } else {
        this.failed = message.failed;
      }
    });
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'exit');
    }
  }
}

describe('LmdbStore and other processes', function () {
  this.timeout(60_000);
  const temporaryDirectory = temporaryDirectories();
  let running: StoreProcess | undefined;

  afterEach(() => running?.kill());

  function started(directory: string, shell?: string): StoreProcess {
    running = new StoreProcess(directory, shell);
    return running;
  }

  async function withStore(directory: string, action: (store: LmdbStore) => void): Promise<void> {
    const store = new LmdbStore({ directory, logger: silentLogger });
    await store.open();
    try {
      action(store);
    } finally {
      await store.close();
    }
  }

  /** All that was flushed is there, as it was put then or later, and nothing is damaged. */
  function checkFlushed(store: LmdbStore, flushed: number): void {
    for (let number = 0; number < flushed * SESSIONS_PER_ROUND; number++) {
      const { context, id } = numberedRecord(number, flushed);
      const found = plain(store.get(context, id));
      expect(found?.version).to.be.at.least(flushed);
      expect(found).to.eql(numberedRecord(number, found?.version ?? 0));
    }
    expect(store.statistics().unreadable).to.equal(0);
  }

  it('has everything that was flushed before its process was killed', async () => {
    const directory = temporaryDirectory();
    const child = started(directory);
    await eventually('three rounds', () => child.flushed >= 3, 20_000);
    await child.kill();
    await withStore(directory, (store) => checkFlushed(store, child.flushed));
  });

  it('is consistent at whatever moment its process is killed', async () => {
    const directory = temporaryDirectory();
    for (const delayMs of fc.sample(fc.nat(60), { numRuns: 5, seed: 1 })) {
      const child = started(directory);
      await eventually('open', () => child.flushed >= 0, 20_000);
      await pause(delayMs);
      await child.kill();
      await withStore(directory, (store) => {
        checkFlushed(store, child.flushed);
        for (const context of store.contexts().keys()) {
          for (const { id } of store.summaries(context)) {
            const found = plain(store.get(context, id));
            expect(found).to.eql(numberedRecord(Number(id.split('-')[1]), found?.version ?? 0));
          }
        }
      });
    }
  });

  it('is refused while another process has it, and opens when that was killed', async () => {
    const directory = temporaryDirectory();
    const child = started(directory);
    await eventually('open', () => child.flushed >= 0, 20_000);
    const store = new LmdbStore({ directory, logger: silentLogger });
    await rejectionOf('TRIBES_E_STORE_IN_USE', store.open());
    await child.kill();
    await store.open();
    await store.close();
  });

  it('says when the disk is full, and has what was flushed before', async () => {
    const directory = temporaryDirectory();
    const child = started(directory, 'ulimit -f 2048');
    await eventually('the failure', () => child.failed !== undefined, 20_000);
    expect(child.failed).to.match(/sessions could not be written to .*; \d+ bytes wait in memory/);
    expect(child.flushed).to.be.greaterThan(0);
    await child.kill();
    await withStore(directory, (store) => checkFlushed(store, child.flushed));
  });
});
