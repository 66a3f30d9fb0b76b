import { expect } from 'chai';
import fc from 'fast-check';
import { createSecretKey, randomBytes } from 'node:crypto';
import {
  ENCRYPTION_ALGORITHMS,
  encryptionEnvelope,
  type EncryptionAlgorithm,
} from '../../../src/channel/interceptors/encryption-envelope.js';
import { decodeChannelData } from '../../../src/wire/index.js';
import { interceptorVectors } from './interceptor-rig.js';

const IV = { GCM: 12, CBC: 16, CFB: 16, OFB: 16 };

for (const algorithm of ENCRYPTION_ALGORITHMS) {
  describe(`the envelope of ${algorithm}`, () => {
    const ivLength = IV[algorithm.split('/')[1] as keyof typeof IV];

    for (const bytes of [16, 24, 32]) {
      it(`opens what it has sealed with a key of ${bytes} bytes`, () => {
        const subject = encryptionEnvelope(algorithm, createSecretKey(randomBytes(bytes)));
        fc.assert(
          fc.property(fc.uint8Array({ maxLength: 100 }), (content) => {
            const plain = Buffer.from(content);
            expect(subject.open(subject.seal(plain))).to.eql({ isIntact: true, plain });
          }),
        );
      });
    }

    it('begins with an initialisation vector of its own, and has the size that Tomcat gives it', () => {
      const subject = encryptionEnvelope(algorithm, createSecretKey(randomBytes(16)));
      const [one, other] = [subject.seal(Buffer.alloc(20)), subject.seal(Buffer.alloc(20))];
      expect(subject.ivLength).to.equal(ivLength);
      expect(one.subarray(0, ivLength)).not.to.eql(other.subarray(0, ivLength));
      const isPadded = algorithm.endsWith('PKCS5Padding');
      expect(one.length).to.equal(ivLength === 12 ? 20 + 28 : 16 + (isPadded ? 32 : 20));
    });

    it('says so when it is none, whatever the bytes', () => {
      const subject = encryptionEnvelope(algorithm, createSecretKey(randomBytes(16)));
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
          const { isIntact, plain } = subject.open(Buffer.from(bytes));
          expect(isIntact || plain.length === 0).to.equal(true);
        }),
      );
    });
  });
}

describe('the envelope of AES/GCM/NoPadding', () => {
  it('notices every change', () => {
    const subject = encryptionEnvelope('AES/GCM/NoPadding', createSecretKey(randomBytes(16)));
    const sealed = subject.seal(Buffer.from('text'));
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(subject.open(changed).isIntact, `byte ${at}`).to.equal(false);
    }
  });
});

describe('the envelopes of Tomcat', () => {
  for (const { producer, name, bytes, fields } of interceptorVectors(/^encrypt-/)) {
    it(`are opened: ${name} of ${producer}`, () => {
      const { algorithm, key, plainMessage, timestampPrefixInPlainText } = fields as Record<string, string>;
      const subject = encryptionEnvelope(
        algorithm as EncryptionAlgorithm,
        createSecretKey(Buffer.from(key ?? '', 'hex')),
      );
      const { isIntact, plain } = subject.open(decodeChannelData(bytes).message);
      const stamp = timestampPrefixInPlainText ? '0000018bcfe56800' : '';
      expect(isIntact).to.equal(true);
      expect(plain.toString('hex')).to.equal(stamp + Buffer.from(plainMessage ?? '').toString('hex'));
    });
  }
});
