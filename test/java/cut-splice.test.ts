import { expect } from 'chai';
import fc from 'fast-check';
import {
  cut,
  readStream,
  scanStream,
  spliceOutput,
  writeStream,
  type JavaContent,
} from '../../src/java/index.js';
import { arbitraryValues } from './kit/arbitrary-graph.js';
import { difference } from './kit/isomorphic.js';

describe('any values of a stream', () => {
  it('are the same graph after a cut, each on its own and all together', () => {
    fc.assert(
      fc.property(arbitraryValues, (values) => {
        const scanned = scanStream(writeStream({ contents: values })).values;
        scanned.forEach((value, i) => {
          expect(difference(values.slice(i, i + 1), contentsOf(cut([value])))).to.equal(undefined);
        });
        expect(difference(values, contentsOf(cut(scanned)))).to.equal(undefined);
      }),
      { numRuns: 300 },
    );
  });

  it('are the same graph after being spliced together again', () => {
    fc.assert(
      fc.property(fc.array(arbitraryValues, { maxLength: 4 }), (groups) => {
        const output = spliceOutput();
        for (const values of groups) {
          const group = output.openGroup(writeStream({ contents: values }));
          for (let i = 0; i < group.size; i++) {
            output.writeStringObject(`name ${i}`);
            group.writeObject(i);
          }
        }
        const contents = contentsOf(output.toBuffer());
        let at = 0;
        for (const values of groups) {
          const spliced = values.map((_, i) => contents[at + 2 * i + 1] ?? null);
          expect(difference(values, spliced, { mergedDescs: true })).to.equal(undefined);
          at += 2 * values.length;
        }
      }),
      { numRuns: 300 },
    );
  });
});

function contentsOf(stream: Buffer): JavaContent[] {
  const { contents, opaque } = readStream(stream);
  expect(opaque).to.equal(undefined);
  return contents;
}
