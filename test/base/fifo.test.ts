import { expect } from 'chai';
import fc from 'fast-check';
import { Fifo } from '../../src/base/index.js';

describe('Fifo', () => {
  it('does what an array does, whatever is pushed, shifted and drained in whatever order', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.nat() },
      { weight: 4, arbitrary: fc.constant('shift' as const) },
      { weight: 1, arbitrary: fc.constant('drain' as const) },
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const fifo = new Fifo<number>();
        let model: number[] = [];
        for (const it of steps) {
          if (it === 'shift') {
            expect(fifo.shift()).to.equal(model.shift());
          } else if (it === 'drain') {
            expect(fifo.drain()).to.eql(model);
            model = [];
          } else {
            fifo.push(it);
            model.push(it);
          }
          expect(fifo.first).to.equal(model[0]);
          expect(fifo.length).to.equal(model.length);
        }
      }),
    );
  });
});
