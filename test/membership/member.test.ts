import { expect } from 'chai';
import { randomUniqueId } from '../../src/base/index.js';
import { makeMember, memberKey } from '../../src/membership/index.js';
import { memberPackage } from './support.js';

describe('memberKey', () => {
  const info = memberPackage();

  it('is the same whatever a member may change', () => {
    const other = { ...info, aliveTime: 7n, securePort: 1, udpPort: 2, domain: Buffer.from('d') };
    expect(memberKey({ ...other, payload: Buffer.from('p'), command: Buffer.from('c') })).to.equal(
      memberKey(info),
    );
  });

  it('is another one for another host, port or unique id', () => {
    const keys = [
      info,
      { ...info, host: Buffer.from([10, 0, 0, 2]) },
      { ...info, host: Buffer.concat([info.host, Buffer.alloc(12)]) },
      { ...info, port: 4001 },
      { ...info, uniqueId: randomUniqueId() },
    ].map(memberKey);
    expect(new Set(keys).size).to.equal(keys.length);
  });
});

describe('makeMember', () => {
  it('names a member by its endpoint', () => {
    expect(makeMember(memberPackage({ host: '10.0.0.1', port: 4001 })).name).to.equal('tcp://10.0.0.1:4001');
    expect(makeMember(memberPackage({ host: 'fe80::1' })).name).to.equal('tcp://[fe80::1]:4000');
  });

  it('keeps the package', () => {
    const info = memberPackage({ domain: Buffer.from('d') });
    const member = makeMember(info);
    expect(member.info).to.equal(info);
    expect([member.host, member.port, member.uniqueId]).to.eql(['10.0.0.1', 4000, info.uniqueId]);
  });
});
