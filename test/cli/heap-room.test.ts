import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { growthPercent, roomFor } from '../../src/cli/heap-room.js';

const MB = 2 ** 20;

/** A process in which some 60 MB live, and 600 MB live for a while: how often it collects the whole heap. */
const CHURN = `
  import { constants, PerformanceObserver } from 'node:perf_hooks';
  import { setImmediate as turn } from 'node:timers/promises';
  import { giveHeapRoom } from ${JSON.stringify(new URL('../../src/cli/heap-room.js', import.meta.url).href)};
  const end = giveHeapRoom(Number(process.argv[1]));
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR).length;
  });
  observer.observe({ entryTypes: ['gc'] });
  const alive = [];
  for (let i = 0; i < 6_000_000; i++) {
    alive[i % 600_000] = { i, text: [i] };
    if (i % 1_000 === 0) {
      await turn();
    }
  }
  end();
  console.log(collections);
`;

describe('the room of the heap', function () {
  this.timeout(60_000);

  it('decides how often V8 collects the whole heap', () => {
    const often = collections(1 * MB);
    const seldom = collections(200 * MB);
    expect(seldom).to.be.at.least(1);
    expect(often).to.be.above(3 * seldom);
  });

  it('is a fixed amount of growth, whatever lives', () => {
    expect(growthPercent(64 * MB, 64 * MB)).to.equal(100);
    expect(growthPercent(960 * MB, 96 * MB)).to.equal(10);
    expect(growthPercent(9_600 * MB, 96 * MB)).to.equal(10);
    expect(growthPercent(1 * MB, 64 * MB)).to.equal(150);
  });

  it('is less where memory is scarce', () => {
    expect(roomFor(24_000 * MB)).to.equal(64 * MB);
    expect(roomFor(256 * MB)).to.equal(32 * MB);
  });
});

function collections(roomBytes: number): number {
  const flags = ['--input-type=module', '-e', CHURN, String(roomBytes)];
  return Number(execFileSync(process.execPath, flags, { encoding: 'utf8' }));
}
