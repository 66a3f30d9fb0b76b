import { expect } from 'chai';
import fc from 'fast-check';
import { Recency, type Recent } from '../../../src/session/order/recency.js';

class Thing implements Recent<Thing> {
  older: Thing | null = null;
  younger: Thing | null = null;
  readonly name: number;

  constructor(name: number) {
    this.name = name;
  }
}

describe('Recency', () => {
  it('keeps the order in which its things were touched last, as a list would', () => {
    const step = fc.record({ name: fc.nat(5), touch: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const things = Array.from({ length: 6 }, (_, name) => new Thing(name));
        const recency = new Recency<Thing>();
        let plain: Thing[] = [];
        for (const { name, touch } of steps) {
          const thing = things[name] ?? new Thing(name);
          plain = plain.filter((each) => each !== thing);
          if (touch) {
            recency.touch(thing);
            plain.push(thing);
          } else {
            recency.remove(thing);
          }
          expect([...recency].map((each) => each.name)).to.deep.equal(plain.map((each) => each.name));
          expect(recency.oldest).to.equal(plain[0] ?? null);
        }
      }),
    );
  });
});
