import { expect } from 'chai';
import fc from 'fast-check';
import { readStream, scanStream, writeStream } from '../../src/java/index.js';
import { arbitraryStream } from './kit/arbitrary-graph.js';
import { expectToTile } from './kit/extents.js';
import { difference } from './kit/isomorphic.js';

describe('any object graph', () => {
  it('is the same after write and read, and its bytes after another write', () => {
    fc.assert(
      fc.property(arbitraryStream, (graph) => {
        const bytes = writeStream(graph);
        const again = readStream(bytes);
        expect(again.opaque).to.equal(undefined);
        expect(difference(graph.contents, again.contents)).to.equal(undefined);
        expect(writeStream(again).equals(bytes)).to.be.true;
      }),
      { numRuns: 500 },
    );
  });

  it('is scanned to the extents that reading finds', () => {
    fc.assert(
      fc.property(arbitraryStream, (graph) => {
        const bytes = writeStream(graph);
        const { contents } = scanStream(bytes);
        expectToTile(contents, bytes.length);
        const kinds = contents.map(({ kind }) => kind);
        expect(kinds).to.deep.equal(
          graph.contents.map((content) =>
            content?.kind === 'blockData' || content?.kind === 'reset' || content?.kind === 'exception'
              ? content.kind
              : 'value',
          ),
        );
      }),
      { numRuns: 200 },
    );
  });
});
