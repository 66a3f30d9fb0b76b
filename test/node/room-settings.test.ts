import { expect } from 'chai';
import { settingsWith } from '../../src/config/index.js';
import { mcastSettings, multicastPlace } from '../../src/node/index.js';
import { defaultMcastSettings } from '../../src/membership/index.js';
import { defaultReceiverSettings, defaultSenderSettings } from '../../src/transport/index.js';
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
});
