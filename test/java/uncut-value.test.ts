import { expect } from 'chai';
import { defaultJavaLimits } from '../../src/base/index.js';
import { fromJs, uncutStream, uncutValueOf, writeStream, type UncutValue } from '../../src/java/index.js';

const value: UncutValue = { reason: 'torn', className: 'com.example.Cart', bytes: Buffer.from([1, 2, 3]) };

describe('an uncut value', () => {
  it('comes out of its stream as it went in', () => {
    expect(uncutValueOf(uncutStream(value), defaultJavaLimits)).to.deep.equal(value);
  });

  it('is none where something else was kept', () => {
    const others = [
      Buffer.from('no stream'),
      writeStream({ contents: [] }),
      writeStream({ contents: ['torn', 'com.example.Cart', 'text'].map((text) => fromJs(text)) }),
      Buffer.concat([uncutStream(value), Buffer.from([0x70])]),
    ];
    for (const other of others) {
      expect(uncutValueOf(other, defaultJavaLimits)).to.equal(undefined);
    }
  });

  it('is none where it exceeds the limits', () => {
    expect(uncutValueOf(uncutStream(value), { ...defaultJavaLimits, maxBytes: 20 })).to.equal(undefined);
  });
});
