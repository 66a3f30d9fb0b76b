/**
 * Every int64 of a wire type is a bigint, so that any value survives decoding and encoding; the rooms above `wire`
 * keep times as numbers. This is the one place where the first becomes the second.
 *
 * @returns epoch milliseconds (or a duration in milliseconds), pressed into the range of safe integers.
 */
export function milliseconds(value: bigint): number {
  return Number(value > MAX ? MAX : value < MIN ? MIN : value);
}

const MAX = BigInt(Number.MAX_SAFE_INTEGER);
const MIN = BigInt(Number.MIN_SAFE_INTEGER);
