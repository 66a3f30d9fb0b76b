import { expect } from 'chai';
import { randomUniqueId, silentLogger } from '../../src/base/index.js';
import { ChannelCoordinator } from '../../src/channel/channel-coordinator.js';
import { StartLevel, type MembershipService } from '../../src/membership/index.js';
import type { ChannelData, MemberPackage } from '../../src/wire/index.js';
import { rejectionOf } from '../support/errors.js';
import { RecordingUpperLayer } from './layers.js';
import { member, memberPackage } from './members.js';
import { RecordingParts } from './parts.js';

const START = ['start receiver', 'local is 127.0.0.1:4000', 'start sender', 'start MBR_RX', 'start MBR_TX'];
const STOP = ['stop MBR_TX', 'stop MBR_RX', 'stop sender', 'stop receiver'];

function message(sender: MemberPackage, options = 0): ChannelData {
  return { options, timestamp: 0n, uniqueId: randomUniqueId(), member: sender, message: Buffer.from('x') };
}

/** The same with something else about it. */
function changed(membership: MembershipService, changes: Partial<MembershipService>): MembershipService {
  return Object.assign(Object.create(membership) as MembershipService, changes);
}

describe('ChannelCoordinator', () => {
  let parts: RecordingParts;
  let upper: RecordingUpperLayer;
  let subject: ChannelCoordinator;

  beforeEach(() => {
    parts = new RecordingParts();
    upper = new RecordingUpperLayer();
    const { receiver, transmitter, membership } = parts;
    subject = new ChannelCoordinator({ receiver, transmitter, membership, logger: silentLogger });
    subject.attach(upper);
  });

  it('starts receiver, sender and membership in this order; the address is known before the first heartbeat', async () => {
    await subject.start(StartLevel.DEFAULT);
    expect(parts.calls).to.eql(START);
  });

  it('stops in the reverse order, so that the goodbye goes out first', async () => {
    await subject.start(StartLevel.DEFAULT);
    parts.calls.length = 0;
    await subject.stop(StartLevel.DEFAULT);
    expect(parts.calls).to.eql(STOP);
    await subject.stop(StartLevel.DEFAULT);
    expect(parts.calls).to.eql(STOP);
  });

  it('goes on taking messages for a while from those who may not have heard the goodbye yet', async () => {
    await subject.start(StartLevel.DEFAULT);
    parts.known = [member(4001)];
    parts.calls.length = 0;
    await subject.stop(StartLevel.DEFAULT);
    expect(parts.calls).to.eql([...STOP.slice(0, 2), 'wait for the last messages', ...STOP.slice(2)]);
  });

  it('starts and stops only the parts of the level', async () => {
    await subject.start(StartLevel.SND_RX | StartLevel.SND_TX);
    await subject.stop(StartLevel.DEFAULT);
    expect(parts.calls).to.eql([...START.slice(0, 3), ...STOP.slice(2)]);
  });

  it('stops a part whose start failed, and those before it', async () => {
    const failure = new Error('no such group');
    parts.failures.set('start MBR_RX', failure);
    let thrown: unknown;
    await subject.start(StartLevel.DEFAULT).catch((error: unknown) => (thrown = error));
    expect(thrown).to.equal(failure);
    await subject.stop(StartLevel.DEFAULT);
    expect(parts.calls.slice(-3)).to.eql(STOP.slice(1));
  });

  it('stops the others when one does not stop, and then fails', async () => {
    await subject.start(StartLevel.DEFAULT);
    parts.calls.length = 0;
    const failure = new Error('no');
    parts.failures.set('stop MBR_TX', failure);
    let thrown: unknown;
    await subject.stop(StartLevel.DEFAULT).catch((error: unknown) => (thrown = error));
    expect(thrown).to.equal(failure);
    expect(parts.calls).to.eql(STOP);
  });

  it('starts no further part once it is stopped', async () => {
    let release = (): void => undefined;
    parts.delays.set('start MBR_RX', new Promise((resolve) => (release = resolve)));
    const starting = subject.start(StartLevel.DEFAULT);
    await new Promise(setImmediate);
    const stopping = subject.stop(StartLevel.DEFAULT);
    release();
    await rejectionOf('TRIBES_E_CHANNEL_NOT_STARTED', starting);
    await stopping;
    expect(parts.calls).to.eql([...START.slice(0, -1), ...STOP.slice(1)]);
  });

  it('says which members have a message, and which have not', async () => {
    const [a, b] = [member(4001), member(4002)];
    const cause = new Error('refused');
    parts.faulty.set(b.key, cause);
    expect(await subject.sendMessage([a, b], message(parts.local.info))).to.eql({
      delivered: [a],
      faulty: [{ member: b, cause }],
    });
  });

  it('sends one message by multicast, whoever it is for, and over nothing else', async () => {
    const [a, b] = [member(4001), member(4002)];
    for (const options of [64, 64 | 2, 64 | 32]) {
      const sent = message(parts.local.info, options);
      expect(await subject.sendMessage([a, b], sent)).to.eql({ delivered: [a, b], faulty: [] });
      expect(parts.broadcasts.splice(0)).to.eql([sent]);
    }
    expect(parts.sent).to.eql([]);
  });

  it('tells all destinations of a multicast that was not sent', async () => {
    const [a, b] = [member(4001), member(4002)];
    const cause = new Error('network is unreachable');
    parts.failures.set('broadcast', cause);
    expect(await subject.sendMessage([a, b], message(parts.local.info, 64))).to.eql({
      delivered: [],
      faulty: [
        { member: a, cause },
        { member: b, cause },
      ],
    });
  });

  it('sends nothing by multicast where the membership has no group', async () => {
    const { receiver, transmitter, membership } = parts;
    const listed = new ChannelCoordinator({
      ...{ receiver, transmitter, logger: silentLogger },
      membership: changed(membership, { broadcast: undefined }),
    });
    const { delivered, faulty } = await listed.sendMessage([member(4001)], message(parts.local.info, 64));
    expect(delivered).to.eql([]);
    expect(faulty).to.have.nested.property('[0].cause.code', 'TRIBES_E_CHANNEL_NO_MULTICAST');
    expect(parts.sent).to.eql([]);
  });

  it('announces the ports that the receiver has got', async () => {
    const told: unknown[] = [];
    const { receiver, transmitter, membership } = parts;
    const address = { host: '127.0.0.1', port: 4000, udpPort: 4600, securePort: 4433 };
    const announcing = new ChannelCoordinator({
      ...{ transmitter, logger: silentLogger },
      receiver: { ...receiver, address },
      membership: changed(membership, {
        setLocalMemberProperties: (properties) => void told.push(properties),
      }),
    });
    await announcing.start(StartLevel.SND_RX);
    expect(told).to.eql([address]);
  });

  it('drops and counts messages of our own that come back', async () => {
    await subject.start(StartLevel.DEFAULT);
    const theirs = message(memberPackage(4001));
    await parts.receive(theirs);
    await parts.receive(message({ ...parts.local.info, aliveTime: 77n }));
    expect(upper.received).to.eql([theirs]);
    expect(subject.ownMessages).to.equal(1);
  });

  it('passes up what the membership tells', () => {
    const a = member(4001);
    parts.listener.memberAdded(a);
    parts.listener.memberDisappeared(a, 'shutdown');
    expect(upper.events).to.eql(['+4001', '-4001 shutdown']);
  });

  it('keeps the connections of the sender in order with every heartbeat', () => {
    subject.heartbeat();
    expect(parts.calls).to.eql(['keepAlive']);
  });
});
