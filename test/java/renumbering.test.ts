import { expect } from 'chai';
import { Renumbering } from '../../src/java/renumbering.js';

describe('a renumbering of handles', () => {
  function check(pairs: readonly (readonly [number, number])[]): void {
    const renumbering = new Renumbering();
    const known = new Map<number, number>();
    for (const [handle, target] of pairs) {
      expect(renumbering.get(handle), `${handle} before`).to.equal(-1);
      renumbering.set(handle, target);
      known.set(handle, target);
      for (let asked = 0; asked < 200; asked++) {
        expect(renumbering.get(asked), `${asked}, ${known.size} known`).to.equal(known.get(asked) ?? -1);
      }
    }
  }

  it('tells of runs, and of what stands between them', () => {
    check([3, 4, 5, 9, 10, 20].map((handle) => [handle, handle - 3]));
  });

  it('tells of handles that come out of order', () => {
    check([
      [20, 0],
      [21, 1],
      [5, 2],
      [22, 3],
      [6, 4],
      [4, 5],
    ]);
  });

  it('tells of more runs than are looked through', () => {
    check(Array.from({ length: 60 }, (_, i) => [(i * 7) % 127, i * 3]));
  });
});
