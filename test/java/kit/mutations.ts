/** Numbers from 0 to 2^32 - 1 from a seed: mulberry32. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    yield (mixed ^ (mixed >>> 14)) >>> 0;
  }
}

/** Bytes that mean something: type codes, the flags of classes, lengths at the edge. */
const TELLING = [
  0x00,
  0x01,
  0x02,
  0x03,
  0x04,
  0x0c,
  0x12,
  0x7f,
  0x80,
  0xff,
  ...Array.from({ length: 15 }, (_, i) => 0x70 + i),
];

/** `count` variations of `originals`, always the same for the same `seed`. Headers stay. */
export function* mutations(originals: readonly Buffer[], count: number, seed: number): Generator<Buffer> {
  const random = numbers(seed);
  const below = (limit: number): number => (random.next().value as number) % limit;
  for (let i = 0; i < count; i++) {
    const original = originals[below(originals.length)] as Buffer;
    let mutant: Buffer = Buffer.from(original);
    for (let left = 1 + below(3); left > 0 && mutant.length > 4; left--) {
      mutant = mutate(mutant, original, below);
    }
    yield mutant;
  }
}

function mutate(mutant: Buffer, original: Buffer, below: (limit: number) => number): Buffer {
  const at = 4 + below(mutant.length - 4);
  const length = 1 + below(Math.min(32, mutant.length - at));
  switch (below(7)) {
    case 0: // another byte
      mutant[at] = below(256);
      return mutant;
    case 1: // a byte that means something
    case 2:
      mutant[at] = TELLING[below(TELLING.length)] as number;
      return mutant;
    case 3: // one bit
      mutant[at] = (mutant[at] as number) ^ (1 << below(8));
      return mutant;
    case 4: // something left out
      return Buffer.concat([mutant.subarray(0, at), mutant.subarray(at + length)]);
    case 5: {
      // something from elsewhere put in
      const from = 4 + below(original.length - 4);
      return Buffer.concat([
        mutant.subarray(0, at),
        original.subarray(from, from + length),
        mutant.subarray(at),
      ]);
    }
    default: // the end cut off
      return mutant.subarray(0, at);
  }
}
