import { expect } from 'chai';
import { createServer, type AddressInfo } from 'node:net';
import { randomUniqueId } from '../../../src/base/index.js';
import { StartLevel } from '../../../src/membership/index.js';
import {
  COORD_ALIVE,
  decodeCoordinationMessage,
  encodeCoordinationMessage,
  type CoordinationMessage,
} from '../../../src/wire/index.js';
import { eventually } from '../../support/eventually.js';
import { member, memberPackage } from '../members.js';
import { channelData, InterceptorRig, interceptorVectors } from './interceptor-rig.js';

describe('NonBlockingCoordinator', () => {
  const local = memberPackage(4001);
  const other = member(4002);

  function sentTo(rig: InterceptorRig): [number[], CoordinationMessage][] {
    return rig.lower.sent.map(({ to, message }) => [
      to.map(({ port }) => port),
      decodeCoordinationMessage(message.message, 10),
    ]);
  }

  it('begins an election where it is the first, and confirms its own request to all', async () => {
    const rig = await new InterceptorRig('NonBlockingCoordinator', { local }).start();
    expect(rig.subject.statistics()).to.include({ viewMembers: 1, isCoordinator: 1, viewChanges: 1 });
    rig.lower.below = [other];
    rig.subject.memberAdded(other);
    expect(rig.upper.events).to.eql(['+4002']);
    const [[to, request]] = sentTo(rig) as [[number[], CoordinationMessage]];
    expect([to, request.type, rig.lower.sent[0]?.message.options]).to.eql([[4002], 'request', 2]);
    await rig.subject.messageReceived(channelData(encodeCoordinationMessage(request)));
    expect(sentTo(rig)[1]).to.eql([[4002], { ...request, type: 'confirmation' }]);
    expect(rig.subject.statistics()).to.include({ viewMembers: 2, isCoordinator: 1, viewChanges: 2 });
    expect(rig.clock.pendingTimers).to.equal(0);
  });

  it('waits 15 s for the request of another that comes before it', async () => {
    const first = member(4000);
    const rig = new InterceptorRig('NonBlockingCoordinator', { local });
    rig.lower.below = [first];
    await rig.start();
    rig.clock.advance(14_999);
    expect(rig.lower.sent).to.eql([]);
    rig.clock.advance(1);
    expect(sentTo(rig)[0]?.[1]).to.deep.include({ type: 'request', leader: first.info, source: local });
  });

  it('passes a request to the next that takes it', async () => {
    const rig = new InterceptorRig('NonBlockingCoordinator', { local });
    const third = member(4003);
    const first = member(4000);
    rig.lower.below = [first, other, third];
    await rig.start();
    rig.lower.answer = (to) =>
      Promise.resolve(
        to[0] === other
          ? { delivered: [], faulty: [{ member: other, cause: new Error('refused') }] }
          : { delivered: to, faulty: [] },
      );
    const members = [first.info, local, other.info, third.info];
    const request = {
      leader: first.info,
      source: first.info,
      members,
      id: randomUniqueId(),
      type: 'request',
    };
    await rig.subject.messageReceived(channelData(encodeCoordinationMessage(request as CoordinationMessage)));
    await eventually('passed', () => rig.lower.sent.length === 2);
    expect(sentTo(rig).map(([to]) => to)).to.eql([[4002], [4003]]);
    expect(rig.log.lines('warn')).to.have.length(1);
  });

  it('asks by a connection whether a member is there that only a message names', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await eventually('listens', () => server.address() !== null);
    try {
      const present = memberPackage((server.address() as AddressInfo).port);
      const rig = new InterceptorRig('NonBlockingCoordinator', { local });
      const first = member(4000);
      rig.lower.below = [first];
      await rig.start();
      const members = [first.info, local, memberPackage(1), present];
      const request = {
        leader: first.info,
        source: first.info,
        members,
        id: randomUniqueId(),
        type: 'request',
      };
      await rig.subject.messageReceived(
        channelData(encodeCoordinationMessage(request as CoordinationMessage)),
      );
      await eventually('passed on', () => rig.lower.sent.length === 1);
      const ports = sentTo(rig)[0]?.[1].members.map(({ port }) => port);
      expect(ports).to.eql([4000, 4001, present.port]);
      expect(rig.upper.events).to.eql([]);
    } finally {
      server.close();
    }
  });

  it('takes part in an election that begins while it is starting', async () => {
    const rig = new InterceptorRig('NonBlockingCoordinator', { local });
    let begun = (): void => undefined;
    rig.lower.start = () => new Promise((resolve) => (begun = resolve));
    const starting = rig.subject.start(StartLevel.DEFAULT);
    const first = member(4000);
    rig.subject.memberAdded(first);
    const members = [first.info, local];
    const request = {
      leader: first.info,
      source: first.info,
      members,
      id: randomUniqueId(),
      type: 'request',
    };
    await rig.subject.messageReceived(channelData(encodeCoordinationMessage(request as CoordinationMessage)));
    expect(sentTo(rig).map(([to]) => to)).to.eql([[4000]]);
    begun();
    await starting;
  });

  it('swallows COORD_ALIVE, and refuses what only begins as a message of an election', async () => {
    const rig = await new InterceptorRig('NonBlockingCoordinator', { local }).start();
    for (const { bytes } of interceptorVectors(/^coordinator-COORD_REQUEST/)) {
      await rig.subject.messageReceived(channelData(bytes.subarray(0, 100)));
    }
    await rig.subject.messageReceived(channelData(COORD_ALIVE));
    expect(rig.upper.received).to.eql([]);
    expect(rig.log.lines('warn')).not.to.eql([]);
    expect(rig.subject.statistics()['coordinationsRefused']).to.be.greaterThan(0);
  });

  it('knows nobody when it is stopped, and waits for nothing; the receiver goes first', async () => {
    const rig = new InterceptorRig('NonBlockingCoordinator', { local });
    rig.lower.below = [member(4000)];
    await rig.start();
    await rig.subject.stop(StartLevel.DEFAULT);
    expect(rig.lower.calls).to.eql(['start 15', 'stop 1', 'stop 15']);
    expect(rig.clock.pendingTimers).to.equal(0);
    expect(rig.subject.statistics()).to.include({ viewMembers: 0, isCoordinator: 0 });
  });
});
