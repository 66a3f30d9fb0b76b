import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { silentLogger } from '../../src/base/index.js';
import { StoreWatch } from '../../src/node/store-watch.js';
import { MemoryStore } from '../../src/store/index.js';
import { ManualClock } from '../support/manual-clock.js';

describe('StoreWatch', () => {
  let clock: ManualClock;
  let flush: () => Promise<void>;
  let flushes: number;
  let problem: string | null;
  let losses: { journalDamaged: number; unreadable: number };
  let watch: StoreWatch;

  beforeEach(() => {
    clock = new ManualClock();
    flushes = 0;
    problem = null;
    losses = { journalDamaged: 0, unreadable: 0 };
    flush = () => Promise.resolve();
    const store = new MemoryStore({ logger: silentLogger });
    watch = new StoreWatch(
      {
        flush: () => {
          flushes++;
          return flush();
        },
        statistics: () => ({ ...store.statistics(), ...losses, problem }),
      },
      clock,
    );
  });

  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    await turn();
  }

  it('finds nothing wrong with a store that writes', async () => {
    await pass(5_000);
    await pass(5_000);
    expect([flushes, watch.problem]).to.deep.equal([2, undefined]);
  });

  it('tells why a store cannot write, as long as the store says so', async () => {
    problem = 'the disk is full. Make room.';
    flush = () => Promise.reject(new Error('the disk is full'));
    expect(watch.problem).to.equal('the disk is full. Make room.');
    await pass(5_000);
    expect(watch.problem).to.equal('the disk is full. Make room.');
    problem = null;
    expect(watch.problem).to.be.undefined;
  });

  it('tells of a store that does not answer, and does not press it', async () => {
    let done = (): void => undefined;
    flush = () => new Promise((resolve) => (done = resolve));
    await pass(5_000);
    await pass(15_000);
    expect(watch.problem).to.be.undefined;
    await pass(5_000);
    expect(watch.problem).to.equal('sessions have not been written for 20 s');
    expect(flushes).to.equal(1);
    done();
    await turn();
    expect(watch.problem).to.be.undefined;
  });

  it('warns of what cannot be read, which is no problem', () => {
    expect(watch.warnings).to.deep.equal([]);
    losses = { journalDamaged: 1, unreadable: 2 };
    const [journal, records] = watch.warnings;
    expect(watch.warnings).to.have.lengthOf(2);
    expect(journal).to.include('files of the journal kept aside: 1').and.include('remove');
    expect(records).to.include('unreadable records of the store: 2').and.include('export');
    expect(watch.problem).to.equal(undefined);
  });

  it('looks no more when it is stopped', async () => {
    watch.stop();
    await pass(60_000);
    expect(flushes).to.equal(0);
  });
});
