import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { MemoryLimit } from '../../bench/kit/memory-limit.js';

/** Enough for a process that does nothing, and far too little for one that fills a large buffer. */
const LIMIT_BYTES = 100e6;
const TOO_MUCH = 400e6;

describe('A limit on memory', () => {
  let limit: MemoryLimit;

  beforeEach(function () {
    const made = MemoryLimit.make(LIMIT_BYTES);
    if (typeof made === 'string') {
      this.skip(); // not everybody may make control groups
    }
    limit = made;
  });

  afterEach(() => limit.remove());

  it('lets a process be that stays within it', () => {
    expect(run('0')).to.deep.include({ status: 0, signal: null });
    expect(limit.killed).to.equal(0);
  });

  it('has the kernel end a process that does not, and tells', () => {
    expect(run(`Buffer.alloc(${TOO_MUCH}, 1).length`)).to.deep.include({ signal: 'SIGKILL' });
    expect(limit.killed).to.equal(1);
  });

  function run(script: string): ReturnType<typeof spawnSync> {
    const [command, ...words] = [...limit.commandPrefix, process.execPath, '-e', script];
    return spawnSync(command, words);
  }
});
