import { expect } from 'chai';
import { silentLogger } from '../../src/base/index.js';
import type { Write } from '../../src/store/write-batch.js';
import { WriteBehind } from '../../src/store/write-behind.js';
import { rejectionOf } from '../support/errors.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';

const keyOf = (name: string): Buffer => Buffer.from(name.padEnd(24));
const partsOf = (text: string, bytes = 10) => ({ head: Buffer.from(text), body: Buffer.alloc(bytes) });

/** A disk that does what a test says: each batch waits until `succeed` or `fail`. */
class Disk {
  readonly batches: (readonly Write[])[] = [];
  #settle: ((failure: string | undefined) => void) | undefined;

  readonly write = (writes: readonly Write[]): Promise<void> => {
    expect(this.#settle, 'one batch at a time').to.equal(undefined);
    this.batches.push(writes);
    return new Promise((resolve, reject) => {
      this.#settle = (failure) => (failure === undefined ? resolve() : reject(new Error(failure)));
    });
  };

  /** The heads of batch `number`: `key=value`, or `key deleted`. */
  heads(number: number): string[] {
    const rows = this.batches[number]?.filter((write) => write.database === 'heads') ?? [];
    return rows.map(
      ({ key, value }) => `${key.toString().trim()}${value === null ? ' deleted' : `=${value.toString()}`}`,
    );
  }

  async succeed(): Promise<void> {
    await this.#finish(undefined);
  }

  async fail(): Promise<void> {
    await this.#finish('disk full');
  }

  async #finish(failure: string | undefined): Promise<void> {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(failure);
    await settled();
  }
}

/** Lets everything run that waits for no more than promises. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('WriteBehind', () => {
  let clock: ManualClock;
  let disk: Disk;
  let changes: WriteBehind;

  function make(logger = silentLogger): WriteBehind {
    return new WriteBehind({
      directory: '/data',
      write: disk.write,
      clock,
      logger,
      intervalMs: 50,
      eagerBytes: 100_000,
    });
  }

  beforeEach(() => {
    clock = new ManualClock();
    disk = new Disk();
    changes = make();
  });

  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    await settled();
  }

  it('writes after the interval, not before', async () => {
    changes.change(keyOf('a'), partsOf('1'));
    await pass(49);
    expect(disk.batches).to.eql([]);
    await pass(1);
    expect(disk.heads(0)).to.eql(['a=1']);
  });

  it('writes the last of several changes to one session', async () => {
    changes.change(keyOf('a'), partsOf('1'));
    changes.change(keyOf('b'), partsOf('1'));
    changes.change(keyOf('a'), partsOf('2'));
    changes.change(keyOf('b'), null);
    await pass(50);
    expect(disk.heads(0)).to.eql(['a=2', 'b deleted']);
  });

  it('shows a change until it is on disk', async () => {
    changes.change(keyOf('a'), partsOf('1'));
    changes.change(keyOf('b'), null);
    expect(changes.get(keyOf('a'))?.head.toString()).to.equal('1');
    await pass(50);
    expect(changes.get(keyOf('a'))?.head.toString()).to.equal('1');
    expect(changes.get(keyOf('b'))).to.equal(null);
    await disk.succeed();
    expect(changes.get(keyOf('a'))).to.equal(undefined);
    expect(changes.get(keyOf('b'))).to.equal(undefined);
  });

  it('shows the newer change while an older one is written, and writes it after another interval', async () => {
    changes.change(keyOf('a'), partsOf('1'));
    await pass(50);
    changes.change(keyOf('a'), partsOf('2'));
    expect(changes.get(keyOf('a'))?.head.toString()).to.equal('2');
    await disk.succeed();
    expect(changes.get(keyOf('a'))?.head.toString()).to.equal('2');
    expect(disk.batches.length).to.equal(1);
    await pass(50);
    expect(disk.heads(1)).to.eql(['a=2']);
  });

  it('writes rows before the change that was made after them', async () => {
    changes.addRow({ database: 'contexts', key: keyOf('1'), value: Buffer.from('app') });
    changes.change(keyOf('a'), partsOf('1'));
    await pass(50);
    expect(disk.batches[0]?.map((write) => write.database)).to.eql(['contexts', 'heads', 'bodies']);
    await disk.succeed();
    changes.change(keyOf('a'), partsOf('2'));
    await pass(50);
    expect(disk.batches[1]?.map((write) => write.database)).to.eql(['heads', 'bodies']);
  });

  it('does not wait when many bytes are dirty', async () => {
    changes.change(keyOf('a'), partsOf('1', 60_000));
    await pass(0);
    expect(disk.batches.length).to.equal(0);
    changes.change(keyOf('b'), partsOf('1', 60_000));
    await settled();
    expect(disk.heads(0)).to.eql(['a=1', 'b=1']);
  });

  it('splits many changes into several batches', async () => {
    for (const name of ['a', 'b', 'c']) {
      changes.change(keyOf(name), partsOf('1', 600_000));
    }
    await settled();
    expect(disk.heads(0)).to.eql(['a=1', 'b=1']);
    await disk.succeed();
    expect(disk.heads(1)).to.eql(['c=1']);
  });

  it('counts the bytes that are not on disk', async () => {
    expect(changes.dirtyBytes).to.equal(0);
    changes.change(keyOf('a'), partsOf('1', 1000));
    const one = changes.dirtyBytes;
    expect(one).to.be.within(1000, 1100);
    changes.change(keyOf('a'), partsOf('2', 1000));
    expect(changes.dirtyBytes).to.equal(one);
    await pass(50);
    changes.change(keyOf('a'), partsOf('3', 1000));
    expect(changes.dirtyBytes).to.equal(2 * one);
    await disk.succeed();
    expect(changes.dirtyBytes).to.equal(one);
    await pass(50);
    await disk.succeed();
    expect(changes.dirtyBytes).to.equal(0);
  });

  describe('flush', () => {
    it('is done at once when nothing is dirty', async () => {
      await changes.flush();
      expect(disk.batches).to.eql([]);
    });

    it('writes without waiting', async () => {
      changes.change(keyOf('a'), partsOf('1'));
      const flushed = changes.flush();
      await settled();
      expect(disk.heads(0)).to.eql(['a=1']);
      await disk.succeed();
      await flushed;
    });

    it('waits for what is being written, and not for what comes later', async () => {
      let done = false;
      changes.change(keyOf('a'), partsOf('1'));
      await pass(50);
      const flushed = changes.flush().then(() => (done = true));
      changes.change(keyOf('b'), partsOf('1'));
      await settled();
      expect(done).to.equal(false);
      await disk.succeed();
      await flushed;
      expect(changes.dirtyBytes).to.be.greaterThan(0);
    });

    it('comes to its end though changes never stop', async () => {
      changes.change(keyOf('a'), partsOf('1', 2_000_000));
      changes.change(keyOf('b'), partsOf('1', 2_000_000));
      let done = false;
      void changes.flush().then(() => (done = true));
      await settled();
      for (let round = 0; round < 2; round++) {
        expect(done).to.equal(false);
        changes.change(keyOf('a'), partsOf('2', 2_000_000));
        changes.change(keyOf(`new ${round}`), partsOf('1', 2_000_000));
        await disk.succeed();
      }
      expect(done).to.equal(true);
    });
  });

  describe('when the disk fails', () => {
    it('rejects a flush, keeps the changes and shows them', async () => {
      changes.change(keyOf('a'), partsOf('1'));
      const dirtyBytes = changes.dirtyBytes;
      const flushed = rejectionOf('TRIBES_E_STORE_WRITE', changes.flush());
      await settled();
      await disk.fail();
      expect((await flushed).message).to.equal(
        `sessions could not be written to /data: disk full; ${dirtyBytes} bytes wait in memory`,
      );
      expect(changes.get(keyOf('a'))?.head.toString()).to.equal('1');
      expect(changes.dirtyBytes).to.equal(dirtyBytes);
    });

    it('tries again after 1 s, 2 s, 4 s … 30 s, and then as usual', async () => {
      changes.change(keyOf('a'), partsOf('1'));
      await pass(50);
      await disk.fail();
      let tries = 1;
      for (const delay of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
        await pass(delay - 1);
        expect(disk.batches.length, `before ${delay}`).to.equal(tries);
        await pass(1);
        expect(disk.batches.length, `after ${delay}`).to.equal(++tries);
        await disk.fail();
      }
      await pass(30_000);
      await disk.succeed();
      expect(changes.dirtyBytes).to.equal(0);
      changes.change(keyOf('a'), partsOf('2'));
      await pass(50);
      expect(disk.heads(tries + 1)).to.eql(['a=2']);
    });

    it('writes everything in the end, rows first, of each session the newest', async () => {
      changes.addRow({ database: 'contexts', key: keyOf('1'), value: Buffer.from('app') });
      changes.change(keyOf('a'), partsOf('1'));
      changes.change(keyOf('b'), partsOf('1'));
      await pass(50);
      changes.change(keyOf('b'), partsOf('2'));
      changes.change(keyOf('c'), partsOf('1'));
      changes.addRow({ database: 'contexts', key: keyOf('2'), value: Buffer.from('other') });
      await disk.fail();
      const flushed = changes.flush();
      await settled();
      expect(disk.batches[1]?.slice(0, 2).map((write) => write.value?.toString())).to.eql(['app', 'other']);
      expect(disk.heads(1)).to.eql(['a=1', 'b=2', 'c=1']);
      await disk.succeed();
      await flushed;
      expect(changes.dirtyBytes).to.equal(0);
    });

    it('does not try at every change, however many bytes are dirty', async () => {
      changes.change(keyOf('a'), partsOf('1', 200_000));
      await settled();
      await disk.fail();
      changes.change(keyOf('b'), partsOf('1', 200_000));
      await settled();
      expect(disk.batches.length).to.equal(1);
    });

    it('says so, and says when it is over', async () => {
      const { logger, lines } = recordingLogger();
      changes = make(logger);
      changes.change(keyOf('a'), partsOf('1'));
      await pass(50);
      await disk.fail();
      await pass(1000);
      await disk.succeed();
      expect(lines('error').map((line) => line.fields)).to.eql([
        { code: 'TRIBES_E_STORE_WRITE', retryMs: 1000 },
      ]);
      expect(lines('info').map((line) => line.message)).to.eql(['sessions can be written again']);
    });
  });

  it('does nothing more once it is stopped', async () => {
    changes.change(keyOf('a'), partsOf('1'));
    await pass(50);
    changes.change(keyOf('b'), partsOf('1'));
    const stopped = changes.stop();
    await disk.succeed();
    await stopped;
    await pass(60_000);
    expect(disk.batches.length).to.equal(1);
    expect(clock.pendingTimers).to.equal(0);
  });
});
