import { expect } from 'chai';
import fc from 'fast-check';
import {
  ChoiceSpace,
  coveringSet,
  shuffled,
  type Choice,
  type Forbidden,
} from '../../../interop/matrix/pairwise.js';

/** Every whole choice, forbidden or not. */
function everything(space: ChoiceSpace): Choice[] {
  return Object.entries(space.factors).reduce<Choice[]>(
    (choices, [name, values]) =>
      choices.flatMap((choice) => values.map((value) => ({ ...choice, [name]: value }))),
    [{}],
  );
}

function pairsOf(choices: readonly Choice[]): Set<string> {
  const pairs = new Set<string>();
  for (const choice of choices) {
    const texts = Object.entries(choice)
      .map(([name, value]) => `${name}=${value}`)
      .sort();
    texts.forEach((one, number) => texts.slice(number + 1).forEach((other) => pairs.add(`${one} ${other}`)));
  }
  return pairs;
}

/** Up to five factors of up to four values, and up to four things forbidden. */
const spaces = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }).chain((sizes) => {
  const factors = Object.fromEntries(
    sizes.map((size, number) => [`f${number}`, Array.from({ length: size }, (_, value) => `v${value}`)]),
  );
  const when = fc
    .uniqueArray(fc.constantFrom(...Object.keys(factors)), { minLength: 1, maxLength: 3 })
    .chain((names) =>
      fc.record(
        Object.fromEntries(names.map((name) => [name, fc.subarray(factors[name] ?? [], { minLength: 1 })])),
      ),
    );
  return fc
    .array(
      when.map((values): Forbidden => ({ when: values, why: 'it is' })),
      { maxLength: 4 },
    )
    .map((forbidden) => new ChoiceSpace(factors, forbidden));
});

describe('a pairwise covering set', () => {
  it('has every pair that some allowed choice has, and nothing that is forbidden', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(spaces, fc.nat(), (space, seed) => {
        const allowed = everything(space).filter((choice) => space.forbids(choice) === undefined);
        fc.pre(allowed.length > 0);
        const chosen = coveringSet(space, seed);
        expect(chosen.filter((choice) => space.forbids(choice) !== undefined)).to.eql([]);
        expect(pairsOf(chosen)).to.eql(pairsOf(allowed));
        expect(chosen.length).to.be.at.most(allowed.length);
      }),
      { numRuns: 200 },
    );
  });

  it('is small: ten factors of two values need no more than ten choices', () => {
    const factors = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, ['on', 'off']]));
    for (let seed = 1; seed <= 20; seed++) {
      expect(coveringSet(new ChoiceSpace(factors), seed).length).to.be.within(6, 10);
    }
  });

  it('is the same for the same seed, and another one for another', () => {
    const space = new ChoiceSpace({ a: ['1', '2', '3'], b: ['1', '2', '3'], c: ['1', '2'], d: ['1', '2'] });
    expect(coveringSet(space, 7)).to.eql(coveringSet(space, 7));
    expect(coveringSet(space, 7)).to.not.eql(coveringSet(space, 8));
  });

  it('says when nothing is allowed', () => {
    const space = new ChoiceSpace({ a: ['1'], b: ['1', '2'] }, [{ when: { a: ['1'] }, why: 'never' }]);
    expect(() => coveringSet(space, 1)).to.throw('every choice is forbidden');
  });

  it('knows no rule about a factor that there is not', () => {
    expect(() => new ChoiceSpace({ a: ['1'] }, [{ when: { b: ['1'] }, why: 'misspelt' }])).to.throw(
      'no factor b',
    );
  });

  it('sees that a rule leaves two values nothing, though none forbids the two', () => {
    const space = new ChoiceSpace({ a: ['1', '2'], b: ['1', '2'], c: ['1', '2'] }, [
      { when: { a: ['1'], c: ['1'] }, why: '' },
      { when: { b: ['1'], c: ['2'] }, why: '' },
    ]);
    expect(space.completes({ a: '1', b: '1' })).to.equal(false);
    expect(space.completes({ a: '1', b: '2' })).to.equal(true);
  });
});

describe('shuffled', () => {
  it('keeps every element', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer()),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 }),
        (elements, numbers) => {
          let turn = 0;
          const result = shuffled(elements, () => numbers[turn++ % numbers.length] ?? 0);
          expect(result.toSorted((a, b) => a - b)).to.eql(elements.toSorted((a, b) => a - b));
        },
      ),
    );
  });
});
