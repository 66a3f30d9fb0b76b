import { expect } from 'chai';
import fc from 'fast-check';
import { NodeHandles } from '../../src/java/node-handles.js';

describe('handles of nodes', () => {
  it('are those of a map, of few nodes and of many, also of one that gets another', () => {
    const nodes = Array.from({ length: 60 }, () => ({}));
    const some = fc.array(fc.nat(nodes.length - 1), { maxLength: 200 });
    const handles = new NodeHandles();
    fc.assert(
      fc.property(some, (order) => {
        const map = new Map<object, number>();
        order.forEach((index, handle) => {
          map.set(nodes[index] as object, handle);
          handles.set(nodes[index] as object, handle);
          expect(nodes.map((node) => handles.get(node))).to.deep.equal(nodes.map((node) => map.get(node)));
        });
        handles.clear();
        expect(nodes.every((node) => handles.get(node) === undefined)).to.equal(true);
      }),
      { numRuns: 30 },
    );
  });
});
