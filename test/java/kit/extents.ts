import { expect } from 'chai';
import type { ScannedContent } from '../../../src/java/index.js';

/** Says that `contents` follow each other without gaps from the header to the end of a stream of `length` bytes. */
export function expectToTile(contents: readonly ScannedContent[], length: number, label?: string): void {
  const ends = [4, ...contents.map(({ end }) => end)];
  expect(
    contents.map(({ start }) => start),
    label,
  ).to.deep.equal(ends.slice(0, -1));
  expect(ends.at(-1), label).to.equal(length);
}
