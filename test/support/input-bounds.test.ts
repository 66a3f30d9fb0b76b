import { expect } from 'chai';
import { InputBounds } from './input-bounds.js';

const MIB = 2 ** 20;

describe('the bounds on what an input may take', () => {
  const bounds = new InputBounds();
  const check = <T>(action: () => T): T => bounds.check(() => 'the input', action);

  it('let pass what takes little, with what comes of it', () => {
    expect(check(() => Buffer.alloc(MIB).length)).to.equal(MIB);
    const failing = (): never => {
      throw new RangeError('its own');
    };
    expect(() => check(failing)).to.throw(RangeError, 'its own');
  });

  it('tell of what takes too long, every time', () => {
    const busy = (ms: number): void => {
      for (const end = performance.now() + ms; performance.now() < end;);
    };
    let times = 0;
    check(() => busy(times++ === 0 ? 1100 : 0));
    expect(() => check(() => busy(1100))).to.throw(/1000 ms for the input$/);
  }).timeout(20_000);

  it('tell of buffers, and of what is in the heap', () => {
    expect(() => check(() => Buffer.alloc(65 * MIB))).to.throw(/memory for the input$/);
    const texts = (): string[] => Array.from({ length: 200 }, () => Buffer.alloc(MIB).toString('latin1'));
    expect(() => check(texts)).to.throw(/memory for the input$/);
  });

  it('let pass garbage that nobody has collected yet', () => {
    for (let i = 0; i < 20; i++) {
      check(() => Buffer.alloc(40 * MIB).length);
    }
  });

  it('tell of what is held for all of them together', () => {
    const held: Buffer[] = [];
    const many = (): void => {
      for (let i = 0; i < 20; i++) {
        check(() => held.push(Buffer.alloc(40 * MIB)));
      }
    };
    expect(many).to.throw(/are held after the input$/);
  });
});
