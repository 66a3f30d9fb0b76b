import fc from 'fast-check';
import { uniqueId, type UniqueId } from '../../src/base/index.js';
import type { MemberPackage } from '../../src/wire/index.js';

export const arbitraryInt32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

export const arbitraryInt64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

export const arbitraryUniqueId: fc.Arbitrary<UniqueId> = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => uniqueId(bytes));

export function arbitraryBytes(maxLength: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
}

export const arbitraryMember: fc.Arbitrary<MemberPackage> = fc.record({
  aliveTime: arbitraryInt64,
  port: arbitraryInt32,
  securePort: arbitraryInt32,
  udpPort: arbitraryInt32,
  host: arbitraryBytes(127),
  command: arbitraryBytes(20),
  domain: arbitraryBytes(20),
  uniqueId: arbitraryUniqueId,
  payload: arbitraryBytes(200),
});
