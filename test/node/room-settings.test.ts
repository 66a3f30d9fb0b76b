import { expect } from 'chai';
import { settingsWith } from '../../src/config/index.js';
import { mcastSettings, membershipAdvice, membershipPlace, multicastPlace } from '../../src/node/index.js';
import { defaultMcastSettings } from '../../src/membership/index.js';
import { defaultReceiverSettings, defaultSenderSettings } from '../../src/transport/index.js';
import { thrownBy } from '../support/errors.js';
import { parseSendOptions } from '../../src/wire/index.js';

describe('settings of the rooms', () => {
  it('have the defaults of the rooms', () => {
    const settings = settingsWith();
    // Zero or less: the frequency.
    expect(mcastSettings(settings)).to.deep.include({
      ...defaultMcastSettings,
      soTimeout: 0,
      payload: Buffer.from('tomcat-tribes mirror 1'),
    });
    expect(settings.receiver).to.include(defaultReceiverSettings);
    expect(settings.sender).to.include(defaultSenderSettings);
  });

  it('take every form of send options that they allow', () => {
    for (const [text, options] of [
      ['8', 8],
      ['async', 8],
      ['asynchronous, use_ack', 10],
      ['sync,use_ack', 6],
      ['synchronized_ack', 4],
      ['0', 0],
      ['14', 14],
    ] as const) {
      const { channelSendOptions } = settingsWith({ 'cluster.channelSendOptions': text }).cluster;
      expect(parseSendOptions(channelSendOptions), text).to.equal(options);
    }
  });

  it('say where multicast is listened to', () => {
    expect(multicastPlace(settingsWith())).to.equal(
      "228.0.0.4:45564 on the system's default multicast interface",
    );
    const ipv6 = { 'membership.address': 'ff02::1:2', 'membership.bind': '::1' };
    expect(multicastPlace(settingsWith(ipv6))).to.equal('[ff02::1:2]:45564 on ::1');
  });

  it('say where members are looked for, and what to check', () => {
    const settings = settingsWith({
      'membership.type': 'static, dns,kubernetes',
      'staticMembership.members':
        'a:4000;uniqueId={0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}, [::1]:4001;domain=x',
      'cloudMembership.namespace': 'shop',
    });
    expect(settings.staticMembership.members).to.have.length(2);
    expect(membershipPlace(settings)).to.equal(
      'a list of 2 addresses and the addresses of a DNS name and the pods of the namespace shop',
    );
    expect(membershipAdvice(settings)).to.match(
      /staticMembership\.members.*cloudMembership\.dnsName.*service account/,
    );
  });

  it('take a type of membership once, and at least one', () => {
    for (const type of ['', 'static,static', 'unicast', 'static,']) {
      thrownBy('TRIBES_E_SETTING_VALUE', () => settingsWith({ 'membership.type': type }));
    }
  });
});
