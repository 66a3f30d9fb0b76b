import { randomInt } from 'node:crypto';

/** How often something is killed, and the seed of the instants: TRIBES_KILLS and TRIBES_SEED, where they are set. */
export function chosenKills(usual: number): { seed: number; kills: number } {
  const { TRIBES_SEED: seed = String(randomInt(1, 2 ** 31)), TRIBES_KILLS: kills = String(usual) } =
    process.env;
  return { seed: Number(seed), kills: Number(kills) };
}

/** The seeds of histories that are played: so many as TRIBES_HISTORIES says from TRIBES_SEED on, where they are set. */
export function chosenHistories(usual: number, usualSeed: number = randomInt(1, 2 ** 31)): number[] {
  const { TRIBES_SEED: first = String(usualSeed), TRIBES_HISTORIES: histories = String(usual) } = process.env;
  return Array.from({ length: Number(histories) }, (_, i) => Number(first) + i);
}

/** From 0 up to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
