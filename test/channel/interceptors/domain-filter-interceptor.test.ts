import { expect } from 'chai';
import { thrownBy } from '../../support/errors.js';
import { member, memberPackage } from '../members.js';
import { channelData, InterceptorRig } from './interceptor-rig.js';

describe('DomainFilterInterceptor', () => {
  const domain = Buffer.from('east');
  const ours = member(4001, { domain });
  const other = member(4002, { domain: Buffer.from('west') });

  it('knows only members of its domain', () => {
    const rig = new InterceptorRig('DomainFilterInterceptor', { attributes: { domain: 'east' } });
    rig.lower.below = [ours, other];
    expect(rig.subject.members()).to.eql([ours]);
    expect(rig.subject.member(ours.key)).to.equal(ours);
    expect(rig.subject.member(other.key)).to.equal(undefined);
    for (const one of [ours, other]) {
      rig.subject.memberAdded(one);
      rig.subject.memberDisappeared(one, 'expired');
    }
    expect(rig.upper.events).to.eql(['+4001', '-4001 expired']);
    expect(rig.subject.statistics()).to.include({ refusedMembers: 1 });
  });

  it('drops messages of other domains, and says so every logInterval of them', async () => {
    const rig = new InterceptorRig('DomainFilterInterceptor', {
      attributes: { domain: '{101,97,115,116}', logInterval: 2 },
    });
    await rig.subject.messageReceived(channelData('ours', { member: ours.info }));
    for (let count = 0; count < 5; count++) {
      await rig.subject.messageReceived(channelData('other', { member: other.info }));
    }
    expect(rig.received).to.eql(['ours']);
    expect(rig.subject.statistics()).to.include({ dropped: 5 });
    expect(rig.log.lines('warn').map(({ fields }) => fields)).to.eql([
      { dropped: 2, senderDomain: 'west' },
      { dropped: 4, senderDomain: 'west' },
    ]);
  });

  it('warns when it is not the domain that the node announces', async () => {
    const attributes = { domain: 'east' };
    const odd = await new InterceptorRig('DomainFilterInterceptor', { attributes }).start();
    expect(odd.log.lines('warn')).to.have.length(1);
    const even = await new InterceptorRig('DomainFilterInterceptor', {
      attributes,
      local: memberPackage(4000, { domain }),
    }).start();
    expect(even.log.lines('warn')).to.eql([]);
  });

  it('takes no domain that cannot be one', () => {
    thrownBy('TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE', () => {
      new InterceptorRig('DomainFilterInterceptor', { attributes: { domain: '{1,200}' } });
    });
  });
});
