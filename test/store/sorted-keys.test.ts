import { expect } from 'chai';
import fc from 'fast-check';
import { KEY_BYTES } from '../../src/store/session-key.js';
import { SortedKeys } from '../../src/store/sorted-keys.js';

/** Keys that differ in their first or in their last bytes. */
const keyOf = (number: number): Buffer => {
  const key = Buffer.alloc(KEY_BYTES, 0x80);
  key.writeUInt16BE(number % 7, 2);
  key.writeUInt32BE(number, KEY_BYTES - 4);
  return key;
};

function keysOf(keys: SortedKeys): Buffer[] {
  const found: Buffer[] = [];
  let key: Buffer | undefined = Buffer.alloc(KEY_BYTES);
  while ((key = keys.after(key)) !== undefined) {
    found.push(key);
  }
  return found;
}

describe('SortedKeys', () => {
  it('is a map in the order of its keys, whatever comes and goes', () => {
    const change = fc.record({
      number: fc.nat(3000),
      value: fc.option(fc.nat(2 ** 45)),
      lookedFor: fc.option(fc.nat(3000)),
    });
    const sameKeys = Array.from({ length: 3001 }, (_, number) => keyOf(number));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4000, size: 'max' }), (changes) => {
        const keys = new SortedKeys();
        const model = new Map<number, number>();
        for (const { number, value, lookedFor } of changes) {
          if (lookedFor !== null) {
            expect(keys.has(sameKeys[lookedFor] as Buffer)).to.equal(model.has(lookedFor));
            expect(keys.has(sameKeys[number] as Buffer)).to.equal(model.has(number));
          }
          if (value === null) {
            expect(keys.delete(keyOf(number))).to.equal(model.delete(number));
          } else {
            expect(keys.set(sameKeys[number] as Buffer, value)).to.equal(!model.has(number));
            model.set(number, value);
          }
        }
        expect(keys.size).to.equal(model.size);
        for (const [number, value] of model) {
          expect(keys.get(keyOf(number))).to.equal(value);
        }
        const expected = [...model.keys()].map(keyOf).sort((one, other) => one.compare(other));
        expect(keysOf(keys).map((key) => key.toString('hex'))).to.eql(
          expected.map((key) => key.toString('hex')),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('finds the next key, whether the key asked for is there or not', () => {
    const keys = new SortedKeys();
    const all = Array.from({ length: 1000 }, (_, number) => keyOf(number * 2)).sort((one, other) =>
      one.compare(other),
    );
    all.forEach((key, place) => keys.set(key, place));
    all.forEach((key, place) => {
      const justBefore = Buffer.from(key);
      justBefore.writeUInt8(key.readUInt8(5) - 1, 5);
      expect(keys.after(key)).to.eql(all[place + 1]);
      expect(keys.get(justBefore)).to.equal(undefined);
      expect(keys.after(justBefore)?.compare(key)).to.be.at.most(0);
    });
  });

  it('takes some 50 bytes a key, and gives them back', () => {
    const keys = new SortedKeys();
    const count = 50_000;
    const scattered = Array.from({ length: count }, (_, place) => keyOf((place * 7919) % count));
    scattered.forEach((key) => keys.set(key, 1));
    expect(keys.byteLength / count).to.be.below(64);
    scattered.slice(count / 50).forEach((key) => keys.delete(key));
    expect(keys.size).to.equal(count / 50);
    expect(keys.byteLength / keys.size).to.be.below(200);
  });
});
