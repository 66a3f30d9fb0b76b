import { randomNumbers } from '../scenarios/chance.js';

/** What can be chosen, and from which values; each has at least one. */
export type Factors = Readonly<Record<string, readonly string[]>>;

/** A value of each factor, or of some of them. */
export type Choice = Readonly<Record<string, string>>;

/** A choice that cannot be: each of these factors has one of these values. */
export interface Forbidden {
  readonly when: Readonly<Record<string, readonly string[]>>;
  readonly why: string;
}

/** Two values of different factors. */
type Pair = readonly [factor: string, value: string, factor: string, value: string];

/** All choices that are not forbidden. */
export class ChoiceSpace {
  readonly factors: Factors;
  readonly #names: readonly string[];
  readonly #forbidden: readonly Forbidden[];
  /** Factors of which some value is forbidden with something. */
  readonly #bound: readonly string[];

  constructor(factors: Factors, forbidden: readonly Forbidden[] = []) {
    this.factors = factors;
    this.#names = Object.keys(factors);
    this.#forbidden = forbidden;
    this.#bound = this.#names.filter((name) => forbidden.some(({ when }) => Object.hasOwn(when, name)));
    for (const name of forbidden.flatMap(({ when }) => Object.keys(when))) {
      if (!Object.hasOwn(factors, name)) {
        throw new Error(`there is no factor ${name}`);
      }
    }
  }

  /** Why a choice cannot be; undefined where nothing in it is forbidden. A factor that has no value yet forbids nothing. */
  forbids(choice: Choice): Forbidden | undefined {
    return this.#forbidden.find(({ when }) =>
      Object.entries(when).every(([name, values]) => values.includes(choice[name] ?? '')),
    );
  }

  /** Whether the factors that have no value yet can get one so that nothing is forbidden. */
  completes(choice: Choice): boolean {
    if (this.forbids(choice) !== undefined) {
      return false;
    }
    const open = this.#bound.find((name) => choice[name] === undefined);
    return (
      open === undefined || this.values(open).some((value) => this.completes({ ...choice, [open]: value }))
    );
  }

  values(factor: string): readonly string[] {
    return this.factors[factor] ?? [];
  }

  /** Every two values that some whole choice has together. */
  pairs(): Pair[] {
    return this.#names.flatMap((first, number) =>
      this.#names.slice(number + 1).flatMap((second) =>
        this.values(first).flatMap((one) =>
          this.values(second)
            .filter((two) => this.completes({ [first]: one, [second]: two }))
            .map((two): Pair => [first, one, second, two]),
        ),
      ),
    );
  }
}

/** Of so many candidates the one that covers most becomes the next choice. */
const CANDIDATES = 40;

/**
 * Choices in which every two values that may come together do so at least once; those that cover most come first. The same for the same seed.
 * Greedy, after AETG (Cohen, Dalal, Fredman and Patton, 1997).
 *
 * @throws Error where everything is forbidden
 */
export function coveringSet(space: ChoiceSpace, seed: number): Choice[] {
  if (!space.completes({})) {
    throw new Error('every choice is forbidden');
  }
  const random = randomNumbers(seed);
  const uncovered = new Map(space.pairs().map((pair) => [keyOf(pair), pair]));
  const found: Choice[] = [];
  while (uncovered.size > 0) {
    const candidates = Array.from({ length: CANDIDATES }, () => candidate(space, uncovered, random));
    const best = candidates.reduce((one, other) =>
      covered(other, uncovered).length > covered(one, uncovered).length ? other : one,
    );
    covered(best, uncovered).forEach((key) => uncovered.delete(key));
    found.push(best);
  }
  return found;
}

/** A whole choice with at least one pair that is not covered yet, the other factors decided one after the other in a random order. */
function candidate(space: ChoiceSpace, uncovered: ReadonlyMap<string, Pair>, random: () => number): Choice {
  const [first, one, second, two] = shuffled([...uncovered.values()], random)[0] ?? ['', '', '', ''];
  let choice: Choice = { [first]: one, [second]: two };
  for (const name of shuffled(Object.keys(space.factors), random)) {
    choice = choice[name] === undefined ? withBest(space, choice, name, uncovered, random) : choice;
  }
  return choice;
}

function withBest(
  space: ChoiceSpace,
  choice: Choice,
  name: string,
  uncovered: ReadonlyMap<string, Pair>,
  random: () => number,
): Choice {
  const gain = (value: string): number =>
    Object.entries(choice).filter((other) => uncovered.has(keyOf([...other, name, value]))).length;
  const possible = shuffled(space.values(name), random).filter((value) =>
    space.completes({ ...choice, [name]: value }),
  );
  const best = possible.reduce((left, right) => (gain(right) > gain(left) ? right : left));
  return { ...choice, [name]: best };
}

function covered(choice: Choice, uncovered: ReadonlyMap<string, Pair>): string[] {
  const chosen = Object.entries(choice);
  return chosen
    .flatMap((one, number) => chosen.slice(number + 1).map((other) => keyOf([...one, ...other])))
    .filter((key) => uncovered.has(key));
}

/** The same whichever of the two comes first. */
function keyOf([first, one, second, two]: Pair): string {
  const [left, right] = [`${first}=${one}`, `${second}=${two}`];
  return left < right ? `${left}&${right}` : `${right}&${left}`;
}

/** The same elements in a random order (Fisher and Yates). */
export function shuffled<T>(elements: readonly T[], random: () => number): T[] {
  const result = [...elements];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
