import { randomNumbers } from '../scenarios/chance.js';

/** A place in a history that one member takes; whoever comes in place of one that crashed takes a new one. */
export type Seat = number;

/** A write of a value; every text is written once. */
export interface WriteStep {
  readonly do: 'put' | 'change';
  readonly seat: Seat;
  readonly key: string;
  readonly text: string;
}

export type HistoryStep =
  | WriteStep
  | { readonly do: 'remove'; readonly seat: Seat; readonly key: string }
  | { readonly do: 'crash'; readonly seat: Seat }
  | { readonly do: 'come'; readonly seat: Seat }
  /** `links`: pairs of members that cannot reach each other from now on. */
  | { readonly do: 'cut'; readonly links: readonly (readonly [Seat, Seat])[] }
  /** All links are whole again. */
  | { readonly do: 'heal' }
  | { readonly do: 'rest' };

/** What happens to a map with some members. All of it follows from the seed. */
export interface History {
  readonly seed: number;
  /** Members at the beginning: the seats from 0. */
  readonly members: number;
  /** Seats that are ours where we take part: one at a time. */
  readonly ours: ReadonlySet<Seat>;
  /** Chance of a message to be lost, and of its acknowledgement. */
  readonly loss: number;
  readonly steps: readonly (HistoryStep & {
    /** Until the next step, milliseconds. */
    readonly pause: number;
  })[];
}

const STEPS = 25;
const MOST_SEATS = 7;
const LONGEST_PAUSE = 120;

/** The kinds of steps and their shares are those of the histories in virtual time (`lazy-map-simulation.test.ts`). */
export function makeHistory(seed: number): History {
  const random = randomNumbers(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const members = 2 + below(4);
  const loss = random() < 0.5 ? 0 : 0.05;
  const living = Array.from({ length: members }, (_, seat) => seat);
  const ours = new Set([below(members)]);
  let seats = members;
  let keys = 0;
  const step = (number: number): HistoryStep => {
    const index = below(living.length);
    const seat = living[index] as Seat;
    const key = `k${below(Math.max(1, keys))}`;
    const what = random();
    if (what < 0.3) {
      const made = `k${keys++}`;
      return { do: 'put', seat, key: made, text: `${made}.${number}` };
    }
    if (what < 0.55) {
      return { do: 'change', seat, key, text: `${key}.${number}` };
    }
    if (what < 0.6) {
      return { do: 'remove', seat, key };
    }
    if (what < 0.68 && living.length > 1) {
      living.splice(index, 1);
      return { do: 'crash', seat };
    }
    if (what < 0.74 && seats < MOST_SEATS) {
      if (!living.some((other) => ours.has(other))) {
        ours.add(seats);
      }
      living.push(seats);
      return { do: 'come', seat: seats++ };
    }
    if (what < 0.82) {
      return { do: 'cut', links: chosenLinks(living, random) };
    }
    return { do: what < 0.86 ? 'heal' : 'rest' };
  };
  const steps = Array.from({ length: STEPS }, (_, number) => ({
    ...step(number),
    pause: below(LONGEST_PAUSE),
  }));
  return { seed, members, ours, loss, steps };
}

/** One link, or all between two parts of the network. */
function chosenLinks(living: readonly Seat[], random: () => number): [Seat, Seat][] {
  if (random() < 0.5) {
    const [a, b] = living.toSorted(() => random() - 0.5);
    return a === undefined || b === undefined ? [] : [[a, b]];
  }
  const here = living.filter(() => random() < 0.5);
  const there = living.filter((seat) => !here.includes(seat));
  return here.flatMap((a) => there.map((b): [Seat, Seat] => [a, b]));
}
