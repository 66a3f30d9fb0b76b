import { expect } from 'chai';
import { abbreviate } from '../../src/cli/abbreviate.js';

describe('abbreviate', () => {
  it('leaves what is short as it is', () => {
    const value = { a: [1, null, true, 'x'.repeat(200)], b: { c: '' } };
    expect(abbreviate(value)).to.deep.equal(value);
  });

  it('cuts long texts, arrays and objects wherever they are, and says what is left out', () => {
    const numbers = Array.from({ length: 25 }, (_, number) => number);
    const object = Object.fromEntries(numbers.map((number) => [`k${number}`, number]));
    const [text, array, cut] = abbreviate(['y'.repeat(201), numbers, object]) as [string, unknown[], object];
    expect(text).to.equal(`${'y'.repeat(200)}… (201 characters)`);
    expect(array.slice(-2)).to.deep.equal([19, '… (5 more)']);
    expect(Object.entries(cut).slice(-2)).to.deep.equal([
      ['k19', 19],
      ['…', '5 more'],
    ]);
  });
});
