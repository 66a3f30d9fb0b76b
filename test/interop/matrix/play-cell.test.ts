import { expect } from 'chai';
import { matrixCells } from '../../../interop/matrix/index.js';
import { playCell } from '../../../interop/matrix/play-cell.js';

describe('a cell of the matrix', () => {
  const cells = matrixCells(2);
  const ordered = cells.find(({ keepsOrder }) => keepsOrder) ?? expect.fail();
  const unordered = cells.find(({ keepsOrder }) => !keepsOrder) ?? expect.fail();

  /** Fails so many times, with their numbers, and is well then. */
  function failing(times: number): () => Promise<void> {
    let played = 0;
    return () => (played++ < times ? Promise.reject(new Error(String(played))) : Promise.resolve());
  }

  async function played(cell: typeof ordered, times: number): Promise<unknown> {
    return playCell(cell, failing(times)).then(
      ({ failures }) => failures,
      (error: unknown) => (error as Error).message,
    );
  }

  it('is played once where a map keeps the order', async () => {
    expect([await played(ordered, 0), await played(ordered, 1)]).to.deep.equal([[], '1']);
  });

  it('is played up to three times where Tomcats lose changes by themselves, and fails as the last time', async () => {
    expect(unordered.name).to.match(/BackupManager (2|8|10) /);
    expect([await played(unordered, 2), await played(unordered, 3)]).to.deep.equal([['1', '2'], '3']);
  });
});
