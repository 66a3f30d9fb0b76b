import { expect } from 'chai';
import fc from 'fast-check';
import {
  cut,
  packStream,
  scanStream,
  unpackStream,
  writeStream,
  type DescriptorDictionary,
} from '../../src/java/index.js';
import { arbitraryStream, arbitraryValues } from './kit/arbitrary-graph.js';

export class MapDictionary implements DescriptorDictionary {
  readonly ids = new Map<string, number>();
  readonly all: Buffer[] = [];
  idOf(bytes: Buffer): number {
    const key = bytes.toString('latin1');
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.all.push(Buffer.from(bytes)) - 1;
      this.ids.set(key, id);
    }
    return id;
  }
  bytesOf(id: number): Buffer | undefined {
    return this.all[id];
  }
}

describe('a packed stream', () => {
  it('is unpacked to the same bytes, whatever it holds', () => {
    const dictionary = new MapDictionary();
    fc.assert(
      fc.property(arbitraryStream, (graph) => {
        const bytes = writeStream(graph);
        expect(unpackStream(packStream(bytes, dictionary), dictionary).equals(bytes)).to.be.true;
      }),
      { numRuns: 300 },
    );
  });
  it('packs cuts', () => {
    const dictionary = new MapDictionary();
    fc.assert(
      fc.property(arbitraryValues, (values) => {
        for (const value of scanStream(writeStream({ contents: values })).values) {
          const bytes = cut([value]);
          expect(unpackStream(packStream(bytes, dictionary), dictionary).equals(bytes)).to.be.true;
        }
      }),
      { numRuns: 300 },
    );
  });
});
