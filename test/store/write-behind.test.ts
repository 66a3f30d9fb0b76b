import { expect } from 'chai';
import { silentLogger } from '../../src/base/index.js';
import { nameOf, type Change } from '../../src/store/change.js';
import { readPlace } from '../../src/store/place-row.js';
import type { Write } from '../../src/store/write-batch.js';
import { WriteBehind, type Unwritten } from '../../src/store/write-behind.js';
import { rejectionOf, thrownBy } from '../support/errors.js';
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

  let told: { readonly change: Unwritten; readonly last: number }[];
  let written: number;

  function make(logger = silentLogger, eagerBytes = 100_000): WriteBehind {
    told = [];
    written = 0;
    return new WriteBehind({
      directory: '/data',
      written: 0,
      write: disk.write,
      onChange: (change, last) => told.push({ change, last }),
      onWritten: (place) => (written = place),
      maxDirtyBytes: 1_000_000,
      clock,
      logger,
      intervalMs: 50,
      eagerBytes,
    });
  }

  beforeEach(() => {
    clock = new ManualClock();
    disk = new Disk();
    changes = make();
  });

  const change = (key: Buffer, parts: { head: Buffer; body: Buffer } | null): void =>
    changes.changeRows([
      { database: 'heads', key, value: parts?.head ?? null },
      { database: 'bodies', key, value: parts?.body ?? null },
    ]);

  /** The head of a session that is not at rest, null if it is deleted. */
  function headOf(key: Buffer): string | null | undefined {
    const change = changes.get(nameOf({ database: 'heads', key }));
    return change && (change.rows()[0]?.value?.toString() ?? null);
  }

  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    await settled();
  }

  it('writes after the interval, not before', async () => {
    change(keyOf('a'), partsOf('1'));
    await pass(49);
    expect(disk.batches).to.eql([]);
    await pass(1);
    expect(disk.heads(0)).to.eql(['a=1']);
  });

  /** Changes of so many sessions, each of which takes two milliseconds to put together. */
  function slowChanges(count: number): void {
    for (let i = 0; i < count; i++) {
      const rows: [Write] = [{ database: 'heads', key: keyOf(`s${i}`), value: Buffer.from('1') }];
      const slow: Change = {
        name: nameOf(rows[0]),
        bytes: 100,
        rows: () => {
          clock.advance(2);
          return rows;
        },
      };
      changes.change(slow, rows);
    }
  }

  it('loses nothing when rows cannot be made, and writes everything once they can', async () => {
    let isBroken = true;
    const rows: [Write] = [{ database: 'heads', key: keyOf('c'), value: Buffer.from('1') }];
    const broken: Change = {
      name: nameOf(rows[0]),
      bytes: 100,
      rows: () => {
        if (isBroken) {
          throw new Error('no rows today');
        }
        return rows;
      },
    };
    change(keyOf('a'), partsOf('1'));
    change(keyOf('b'), partsOf('1'));
    changes.change(broken, rows);
    const { dirtyBytes } = changes;
    const error = await rejectionOf('TRIBES_E_STORE_WRITE', changes.flush());
    expect(error.message).to.include('no rows today');
    expect([disk.batches.length, written, changes.dirtyBytes]).to.eql([0, 0, dirtyBytes]);
    expect(headOf(keyOf('a'))).to.equal('1');
    change(keyOf('b'), partsOf('2'));
    isBroken = false;
    const flushed = changes.flush();
    await settled();
    expect(disk.heads(0)).to.eql(['a=1', 'b=2', 'c=1']);
    await disk.succeed();
    await flushed;
    expect(changes.dirtyBytes).to.equal(0);
    expect(written).to.equal(changes.last);
  });

  it('forgets what was taken when it changed anew before the rest could not be made', async () => {
    slowChanges(1);
    const rows: [Write] = [{ database: 'heads', key: keyOf('c'), value: Buffer.from('1') }];
    const broken: Change = {
      name: nameOf(rows[0]),
      bytes: 100,
      rows: () => {
        throw new Error('no rows today');
      },
    };
    changes.change(broken, rows);
    await pass(50);
    const { dirtyBytes } = changes;
    change(keyOf('s0'), partsOf('2'));
    const waiting = changes.dirtyBytes - dirtyBytes;
    await pass(4);
    expect(changes.failure?.message).to.include('no rows today');
    expect(changes.dirtyBytes).to.equal(100 + waiting);
    expect(headOf(keyOf('s0'))).to.equal('2');
  });

  it('rests now and then while it puts a batch together', async () => {
    slowChanges(3);
    await pass(50);
    expect(disk.batches).to.eql([]);
    for (let rests = 0; rests < 3; rests++) {
      await pass(3);
      expect(disk.batches).to.eql([]);
      await pass(1);
    }
    expect(disk.heads(0)).to.have.lengthOf(3);
  });

  it('does not rest where somebody waits, but lets others have their turn', async () => {
    slowChanges(3);
    const flushed = changes.flush();
    const turns: string[] = [];
    setImmediate(() => turns.push(`a turn, ${disk.batches.length} batches`));
    for (let i = 0; i < 5 && disk.batches.length === 0; i++) {
      await settled();
    }
    expect(turns).to.eql(['a turn, 0 batches']);
    expect(disk.heads(0)).to.have.lengthOf(3);
    await disk.succeed();
    await flushed;
  });

  it('writes the last of several changes to one session', async () => {
    change(keyOf('a'), partsOf('1'));
    change(keyOf('b'), partsOf('1'));
    change(keyOf('a'), partsOf('2'));
    change(keyOf('b'), null);
    await pass(50);
    expect(disk.heads(0)).to.eql(['a=2', 'b deleted']);
  });

  it('shows a change until it is on disk', async () => {
    change(keyOf('a'), partsOf('1'));
    change(keyOf('b'), null);
    expect(headOf(keyOf('a'))).to.equal('1');
    await pass(50);
    expect(headOf(keyOf('a'))).to.equal('1');
    expect(headOf(keyOf('b'))).to.equal(null);
    await disk.succeed();
    expect(headOf(keyOf('a'))).to.equal(undefined);
    expect(headOf(keyOf('b'))).to.equal(undefined);
  });

  it('shows the newer change while an older one is written, and writes it after another interval', async () => {
    change(keyOf('a'), partsOf('1'));
    await pass(50);
    change(keyOf('a'), partsOf('2'));
    expect(headOf(keyOf('a'))).to.equal('2');
    await disk.succeed();
    expect(headOf(keyOf('a'))).to.equal('2');
    expect(disk.batches.length).to.equal(1);
    await pass(50);
    expect(disk.heads(1)).to.eql(['a=2']);
  });

  it('writes rows before the change that was made after them', async () => {
    changes.addRow({ database: 'contexts', key: keyOf('1'), value: Buffer.from('app') });
    change(keyOf('a'), partsOf('1'));
    await pass(50);
    expect(disk.batches[0]?.map((write) => write.database)).to.eql(['contexts', 'heads', 'bodies', 'meta']);
    await disk.succeed();
    change(keyOf('a'), partsOf('2'));
    await pass(50);
    expect(disk.batches[1]?.map((write) => write.database)).to.eql(['heads', 'bodies', 'meta']);
  });

  it('does not wait when many bytes are dirty', async () => {
    change(keyOf('a'), partsOf('1', 60_000));
    await pass(0);
    expect(disk.batches.length).to.equal(0);
    change(keyOf('b'), partsOf('1', 60_000));
    await settled();
    expect(disk.heads(0)).to.eql(['a=1', 'b=1']);
  });

  it('does not wait when some MiB of what is settled have come: others to the same session are not to be expected', async () => {
    const half = Buffer.alloc(2_200_000);
    const put = (name: string, isSettled: boolean): void => {
      const rows: [Write] = [{ database: 'heads', key: keyOf(name), value: half }];
      changes.change({ name: nameOf(rows[0]), bytes: half.length, isSettled, rows: () => rows }, rows);
    };
    changes = make(silentLogger, 10_000_000);
    for (const name of ['a', 'b', 'c']) {
      put(name, false);
    }
    put('d', true);
    await settled();
    expect(disk.batches.length).to.equal(0);
    put('e', true);
    await settled();
    expect(disk.batches.length).to.equal(1);
  });

  it('splits many changes into several batches', async () => {
    for (const name of ['a', 'b', 'c']) {
      change(keyOf(name), partsOf('1', 600_000));
    }
    await settled();
    expect(disk.heads(0)).to.eql(['a=1', 'b=1']);
    await disk.succeed();
    expect(disk.heads(1)).to.eql(['c=1']);
  });

  it('counts the bytes that are not on disk', async () => {
    expect(changes.dirtyBytes).to.equal(0);
    change(keyOf('a'), partsOf('1', 1000));
    const one = changes.dirtyBytes;
    expect(one).to.be.within(1000, 1100);
    change(keyOf('a'), partsOf('2', 1000));
    expect(changes.dirtyBytes).to.equal(one);
    await pass(50);
    change(keyOf('a'), partsOf('3', 1000));
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
      change(keyOf('a'), partsOf('1'));
      const flushed = changes.flush();
      await settled();
      expect(disk.heads(0)).to.eql(['a=1']);
      await disk.succeed();
      await flushed;
    });

    it('waits for what is being written, and not for what comes later', async () => {
      let done = false;
      change(keyOf('a'), partsOf('1'));
      await pass(50);
      const flushed = changes.flush().then(() => (done = true));
      change(keyOf('b'), partsOf('1'));
      await settled();
      expect(done).to.equal(false);
      await disk.succeed();
      await flushed;
      expect(changes.dirtyBytes).to.be.greaterThan(0);
    });

    it('comes to its end though changes never stop', async () => {
      change(keyOf('a'), partsOf('1', 2_000_000));
      change(keyOf('b'), partsOf('1', 2_000_000));
      let done = false;
      void changes.flush().then(() => (done = true));
      await settled();
      for (let round = 0; round < 2; round++) {
        expect(done).to.equal(false);
        change(keyOf('a'), partsOf('2', 2_000_000));
        change(keyOf(`new ${round}`), partsOf('1', 2_000_000));
        await disk.succeed();
      }
      expect(done).to.equal(true);
    });
  });

  describe('when the disk fails', () => {
    it('rejects a flush, keeps the changes and shows them', async () => {
      change(keyOf('a'), partsOf('1'));
      const dirtyBytes = changes.dirtyBytes;
      const flushed = rejectionOf('TRIBES_E_STORE_WRITE', changes.flush());
      await settled();
      await disk.fail();
      expect((await flushed).message).to.equal(
        `sessions could not be written to /data: disk full; ${dirtyBytes} bytes wait in memory`,
      );
      expect(headOf(keyOf('a'))).to.equal('1');
      expect(changes.dirtyBytes).to.equal(dirtyBytes);
    });

    it('tries again after 1 s, 2 s, 4 s … 30 s, and then as usual', async () => {
      change(keyOf('a'), partsOf('1'));
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
      change(keyOf('a'), partsOf('2'));
      await pass(50);
      expect(disk.heads(tries + 1)).to.eql(['a=2']);
    });

    it('tries the batch again as it is, and then what came meanwhile', async () => {
      changes.addRow({ database: 'contexts', key: keyOf('1'), value: Buffer.from('app') });
      change(keyOf('a'), partsOf('1'));
      change(keyOf('b'), partsOf('1'));
      await pass(50);
      change(keyOf('b'), partsOf('2'));
      change(keyOf('c'), partsOf('1'));
      changes.addRow({ database: 'contexts', key: keyOf('2'), value: Buffer.from('other') });
      await disk.fail();
      const flushed = changes.flush();
      await settled();
      expect(disk.batches[1]).to.eql(disk.batches[0]);
      await disk.succeed();
      expect(disk.batches[2]?.[0]?.value?.toString()).to.equal('other');
      expect(disk.heads(2)).to.eql(['b=2', 'c=1']);
      await disk.succeed();
      await flushed;
      expect(changes.dirtyBytes).to.equal(0);
    });

    it('does not try at every change, however many bytes are dirty', async () => {
      change(keyOf('a'), partsOf('1', 200_000));
      await settled();
      await disk.fail();
      change(keyOf('b'), partsOf('1', 200_000));
      await settled();
      expect(disk.batches.length).to.equal(1);
    });

    it('says so, and says when it is over', async () => {
      const { logger, lines } = recordingLogger();
      changes = make(logger);
      change(keyOf('a'), partsOf('1'));
      await pass(50);
      await disk.fail();
      await pass(1000);
      await disk.succeed();
      expect(lines('error').map(({ fields }) => (fields as { code: string }).code)).to.eql([
        'TRIBES_E_STORE_WRITE',
      ]);
      expect(lines('info').map((line) => line.message)).to.eql(['sessions can be written again']);
    });
  });

  describe('places', () => {
    const places = (): number[] => told.map(({ change: { place } }) => place);

    it('rise from change to change; a change takes that of one that still waits', async () => {
      changes.addRow({ database: 'contexts', key: keyOf('1'), value: Buffer.from('app') });
      change(keyOf('a'), partsOf('1'));
      change(keyOf('b'), partsOf('1'));
      change(keyOf('a'), partsOf('2'));
      expect(places()).to.eql([1, 2, 3, 2]);
      expect(told.map(({ last }) => last)).to.eql([1, 2, 3, 3]);
      await pass(50);
      change(keyOf('a'), partsOf('3'));
      expect(places().at(-1)).to.equal(4);
      await disk.succeed();
      expect(written).to.equal(3);
    });

    it('are written with what they stand for', async () => {
      change(keyOf('a'), partsOf('1', 1_100_000));
      change(keyOf('b'), partsOf('1'));
      await settled();
      const placeOf = (batch: number): number => readPlace(disk.batches[batch]?.at(-1)?.value ?? Buffer.of());
      expect(placeOf(0)).to.equal(1);
      await disk.succeed();
      await settled();
      expect(placeOf(1)).to.equal(2);
    });

    it('count rows without changes, too', async () => {
      changes.addRow({ database: 'contexts', key: keyOf('1'), value: null });
      const flushed = changes.flush();
      await settled();
      await disk.succeed();
      await flushed;
      expect([written, changes.dirtyBytes]).to.eql([1, 0]);
    });
  });

  describe('restore', () => {
    const headRows = (name: string, value: string) =>
      [{ database: 'heads', key: keyOf(name), value: Buffer.from(value) }] as const;

    it('takes over what was not at rest, in its order, the last of each', async () => {
      for (const [place, name, value] of [
        [1, 'a', '1'],
        [2, 'b', '1'],
        [1, 'a', '2'],
        [3, 'b', '2'],
      ] as const) {
        changes.restore({ place, rows: headRows(name, value) });
      }
      expect(told).to.eql([]);
      change(keyOf('c'), partsOf('1'));
      expect(told.map(({ last }) => last)).to.eql([4]);
      await pass(50);
      expect(disk.heads(0)).to.eql(['a=2', 'b=2', 'c=1']);
      await disk.succeed();
      expect([written, changes.dirtyBytes]).to.eql([4, 0]);
    });

    it('writes nothing of it before all of it has been taken over', async () => {
      changes.restore({ place: 1, rows: headRows('a', '1') });
      await pass(1000);
      changes.restore({ place: 1, rows: headRows('a', '2') });
      expect(disk.batches).to.eql([]);
      changes.begin();
      await pass(50);
      expect(disk.heads(0)).to.eql(['a=2']);
    });

    it('passes over what is at rest already, perhaps in a younger state', async () => {
      change(keyOf('a'), partsOf('young'));
      await pass(50);
      await disk.succeed();
      changes.restore({ place: 1, rows: headRows('a', 'old') });
      expect(headOf(keyOf('a'))).to.equal(undefined);
      expect(changes.dirtyBytes).to.equal(0);
    });
  });

  describe('checkRoom', () => {
    it('says nothing while there is room', () => {
      change(keyOf('a'), partsOf('1', 900_000));
      expect(changes.checkRoom()).to.equal(undefined);
    });

    it('promises room when what waits is being written', async () => {
      change(keyOf('a'), partsOf('1', 1_000_000));
      let hasRoom = false;
      const room = Promise.resolve(changes.checkRoom()).then(() => (hasRoom = true));
      await settled();
      expect(hasRoom).to.equal(false);
      await disk.succeed();
      await room;
    });

    it('refuses while nothing can be written, also whoever waits for room, until something is', async () => {
      change(keyOf('a'), partsOf('1', 1_000_000));
      const waiting = rejectionOf('TRIBES_E_STORE_FULL', Promise.resolve(changes.checkRoom()));
      await settled();
      await disk.fail();
      const error = await waiting;
      expect(error.message).to.match(/^nothing can be written to \/data, and 10\d{5} bytes wait in memory/);
      thrownBy('TRIBES_E_STORE_FULL', () => changes.checkRoom());
      await pass(1000);
      await disk.succeed();
      expect(changes.checkRoom()).to.equal(undefined);
    });

    it('does not refuse because of a failure while there is room', async () => {
      change(keyOf('a'), partsOf('1'));
      await pass(50);
      await disk.fail();
      expect(changes.failure?.code).to.equal('TRIBES_E_STORE_WRITE');
      expect(changes.checkRoom()).to.equal(undefined);
    });
  });

  it('does nothing more once it is stopped', async () => {
    change(keyOf('a'), partsOf('1'));
    await pass(50);
    change(keyOf('b'), partsOf('1'));
    const stopped = changes.stop();
    await disk.succeed();
    await stopped;
    await pass(60_000);
    expect(disk.batches.length).to.equal(1);
    expect(clock.pendingTimers).to.equal(0);
  });
});
