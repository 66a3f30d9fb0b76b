import { expect } from 'chai';
import fc from 'fast-check';
import { encodeMirrorPayload, MIRROR_VERSION, mirrorVersionOf } from '../../src/wire/index.js';

describe('the payload of a mirror', () => {
  it('says that it is one, and its version', () => {
    expect(mirrorVersionOf(encodeMirrorPayload())).to.equal(MIRROR_VERSION);
    expect(mirrorVersionOf(encodeMirrorPayload(12))).to.equal(12);
  });

  it('is short: it goes into every heartbeat and the head of every message', () => {
    expect(encodeMirrorPayload()).to.have.lengthOf.below(32);
  });

  it('may say more in later versions', () => {
    expect(mirrorVersionOf(Buffer.from('tomcat-tribes mirror 2 and more'))).to.equal(2);
  });

  for (const [what, payload] of [
    ['nothing', ''],
    ['something of an application', 'tomcat-tribes'],
    ['no version', 'tomcat-tribes mirror '],
    ['version 0', 'tomcat-tribes mirror 0'],
    ['a number too many', 'tomcat-tribes mirror 1234567'],
    ['something before it', ' tomcat-tribes mirror 1'],
    ['too much', `tomcat-tribes mirror 1 ${'x'.repeat(64)}`],
  ] as const) {
    it(`is not one that holds ${what}`, () => {
      expect(mirrorVersionOf(Buffer.from(payload))).to.equal(null);
    });
  }

  it('may be any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(mirrorVersionOf(Buffer.from(bytes))).to.equal(null);
      }),
    );
  });
});
