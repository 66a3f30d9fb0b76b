import { statfsSync } from 'node:fs';
import { expect } from 'chai';
import { checkDiskRoom, growthOf } from '../../src/store/disk-room.js';

describe('the room on a disk', () => {
  const directory = import.meta.dirname;
  const row = (value: Buffer | null) => ({ database: 'bodies' as const, key: Buffer.alloc(20), value });

  it('is enough, or an error says what is missing', () => {
    const { bavail, bsize } = statfsSync(directory);
    checkDiskRoom(directory, 0);
    expect(() => checkDiskRoom(directory, 2 * bavail * bsize + 1)).to.throw(
      /^no space left on device: \d+ bytes/,
    );
  });

  it('is not missed where nobody can tell', () => {
    checkDiskRoom(`${directory}/gone`, Number.MAX_SAFE_INTEGER);
  });

  it('is asked for whole pages beside the bytes of each row', () => {
    const none = growthOf([]);
    expect(none).to.be.greaterThan(0);
    expect(growthOf([row(null)]) - none).to.equal(8192);
    expect(growthOf([row(Buffer.alloc(900_000)), row(null)]) - none).to.equal(900_000 + 2 * 8192);
  });
});
