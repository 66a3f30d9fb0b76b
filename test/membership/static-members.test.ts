import { expect } from 'chai';
import { parseStaticMembers } from '../../src/membership/index.js';

const ID = '{0,1,2,3,4,5,6,7,8,9,10,11,12,13,-127,-1}';

describe('static members', () => {
  it('are read with all that they may have', () => {
    const [one, other, ...more] =
      parseStaticMembers(
        ` 10.0.0.5:4000?domain=a%20shop&uniqueId=${ID}&securePort=4001&udpPort=4002\n[fe80::1]:4003 `,
      ) ?? [];
    expect(more).to.eql([]);
    expect(one?.info).to.deep.include({
      aliveTime: 0n,
      port: 4000,
      securePort: 4001,
      udpPort: 4002,
      domain: Buffer.from('a shop'),
      uniqueId: '000102030405060708090a0b0c0d81ff',
    });
    expect(one?.name).to.equal('tcp://10.0.0.5:4000');
    expect(other?.name).to.equal('tcp://[fe80::1]:4003');
    expect(other?.info).to.deep.include({ securePort: -1, udpPort: -1, uniqueId: '0'.repeat(32) });
  });

  it('may be none', () => {
    expect(parseStaticMembers('')).to.eql([]);
  });

  for (const text of [
    '10.0.0.5',
    '10.0.0.5:0',
    '10.0.0.5:65536',
    '10.0.0.256:4000',
    'name:4000',
    '10.0.0.5:4000?domain={999}',
    '10.0.0.5:4000?uniqueId={1,2}',
    '10.0.0.5:4000?uniqueId=abc',
    '10.0.0.5:4000?udpPort=x',
    '10.0.0.5:4000?domains=x',
    '10.0.0.5:4000?domain=x&domain=y',
    '10.0.0.5:4000 10.0.0.5:4000',
  ]) {
    it(`are not "${text}"`, () => {
      expect(parseStaticMembers(text)).to.equal(undefined);
    });
  }
});
