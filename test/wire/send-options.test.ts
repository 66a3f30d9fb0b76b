import { expect } from 'chai';
import { formatSendOptions, parseSendOptions, SEND_OPTIONS } from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';

describe('send options', () => {
  it('are read from a number or from names, as Channel.parseSendOptions', () => {
    expect(parseSendOptions('8')).to.equal(8);
    expect(parseSendOptions(' 6 ')).to.equal(6);
    expect(parseSendOptions('-1')).to.equal(-1);
    expect(parseSendOptions('use_ack,sync')).to.equal(6);
    expect(parseSendOptions('asynchronous , use_ack, synchronized_ack')).to.equal(14);
    expect(parseSendOptions('byte, byte_message')).to.equal(1);
    expect(parseSendOptions('multicast,udp,secure,async')).to.equal(0x78);
  });

  it('name what they do not know', () => {
    for (const text of ['sink', 'use_ack,', '', '1.5', '99999999999', 'USE_ACK']) {
      const error = thrownBy('TRIBES_E_SEND_OPTION', () => parseSendOptions(text));
      expect(error.message).to.include('use_ack');
    }
  });

  it('are printed as Channel.getSendOptionsAsString prints them', () => {
    expect(formatSendOptions(SEND_OPTIONS.USE_ACK | SEND_OPTIONS.SYNCHRONIZED_ACK)).to.equal('sync, use_ack');
    expect(formatSendOptions(0x7f)).to.equal('multicast, udp, secure, async, sync, use_ack, byte');
    expect(formatSendOptions(0x100)).to.equal('');
    expect(formatSendOptions(0)).to.equal('');
  });

  it('survive printing and reading', () => {
    for (let options = 1; options < 0x80; options++) {
      expect(parseSendOptions(formatSendOptions(options))).to.equal(options);
    }
  });
});
