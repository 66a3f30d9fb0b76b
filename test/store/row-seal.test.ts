import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { Cipher } from '../../src/store/cipher.js';
import { checksumSeal, cipherSeal } from '../../src/store/row-seal.js';
import { thrownBy } from '../support/errors.js';

const key = Buffer.from('key');
const value = Buffer.from('content');

for (const { name, seal } of [
  { name: 'checksum', seal: checksumSeal },
  { name: 'cipher', seal: cipherSeal(new Cipher(randomBytes(32))) },
]) {
  describe(`value sealed with a ${name}`, () => {
    it('comes out as it went in, also when it is empty', () => {
      for (const plain of [value, Buffer.alloc(0), randomBytes(100_000)]) {
        expect(seal.open('bodies', key, seal.seal('bodies', key, plain))).to.eql(plain);
      }
    });

    it('is refused when any of its bits has changed, or a byte is missing', () => {
      const sealed = seal.seal('bodies', key, value);
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        const damaged = Buffer.from(sealed);
        damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        thrownBy('TRIBES_E_STORE_RECORD', () => seal.open('bodies', key, damaged));
      }
      for (let length = 0; length < sealed.length; length++) {
        thrownBy('TRIBES_E_STORE_RECORD', () => seal.open('bodies', key, sealed.subarray(0, length)));
      }
    });
  });
}

describe('value sealed with a cipher', () => {
  const secret = randomBytes(32);
  const seal = cipherSeal(new Cipher(secret));
  const sealed = seal.seal('bodies', key, value);

  it('opens for whoever has the same secret, and for nobody else', () => {
    expect(cipherSeal(new Cipher(secret)).open('bodies', key, sealed)).to.eql(value);
    const other = cipherSeal(new Cipher(randomBytes(32)));
    thrownBy('TRIBES_E_STORE_RECORD', () => other.open('bodies', key, sealed));
  });

  it('opens in its own row only', () => {
    thrownBy('TRIBES_E_STORE_RECORD', () => seal.open('heads', key, sealed));
    thrownBy('TRIBES_E_STORE_RECORD', () => seal.open('bodies', Buffer.from('yek'), sealed));
  });

  it('is never the same twice, and shows nothing of what it holds', () => {
    const again = seal.seal('bodies', key, value);
    expect(again).not.to.eql(sealed);
    expect(sealed.includes(value)).to.equal(false);
  });
});
