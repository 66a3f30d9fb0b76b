import { expect } from 'chai';
import { linkInterceptors } from '../../../src/channel/channel-interceptor.js';
import { interceptorFactory } from '../../../src/channel/interceptors/registry.js';
import { StartLevel } from '../../../src/membership/index.js';
import { TCP_PING_DATA } from '../../../src/wire/index.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manual-clock.js';
import { interceptorContext, RecordingLowerLayer, RecordingUpperLayer } from '../layers.js';
import { member } from '../members.js';
import { channelData, interceptorVectors, InterceptorRig } from './interceptor-rig.js';

describe('TcpPingInterceptor', () => {
  const a = member(4001);

  it('sends a ping to all members at each heartbeat, with its flag for options', async () => {
    const rig = new InterceptorRig('TcpPingInterceptor', { attributes: { optionFlag: 512 } });
    rig.subject.heartbeat();
    expect(rig.lower.sent).to.eql([]);
    rig.lower.below = [a];
    rig.subject.heartbeat();
    await eventually('sent', () => rig.lower.sent.length === 1);
    const [{ to, message }] = rig.lower.sent as [(typeof rig.lower.sent)[number]];
    expect(to).to.eql([a]);
    expect(message).to.deep.include({ options: 512, message: TCP_PING_DATA });
    expect(rig.lower.calls).to.eql(['heartbeat', 'heartbeat']);
  });

  it('does so every interval instead, with useThread, until it is stopped', async () => {
    const rig = new InterceptorRig('TcpPingInterceptor', { attributes: { useThread: true, interval: 300 } });
    rig.lower.below = [a];
    await rig.start();
    rig.subject.heartbeat();
    rig.clock.advance(299);
    expect(rig.lower.sent).to.eql([]);
    rig.clock.advance(1);
    expect(rig.lower.sent).to.have.length(1);
    await rig.subject.stop(StartLevel.DEFAULT);
    expect(rig.clock.pendingTimers).to.equal(0);
  });

  it('does not begin a ping before the last one has ended, and tells of members that cannot be reached', async () => {
    const rig = new InterceptorRig('TcpPingInterceptor');
    rig.lower.below = [a];
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (release = resolve));
    rig.lower.answer = async (to) => {
      await waiting;
      return { delivered: [], faulty: to.map((one) => ({ member: one, cause: new Error('refused') })) };
    };
    rig.subject.heartbeat();
    rig.subject.heartbeat();
    expect(rig.lower.sent).to.have.length(1);
    release();
    await eventually('told', () => rig.log.lines('warn').length === 1);
    expect(rig.subject.statistics()).to.include({ pingsSent: 1, pingsFailed: 1 });
  });

  it('pings nobody with staticOnly, where there are no static members', () => {
    const rig = new InterceptorRig('TcpPingInterceptor', { attributes: { staticOnly: true } });
    rig.lower.below = [a];
    rig.subject.heartbeat();
    expect(rig.lower.sent).to.eql([]);
  });

  it('swallows the pings of others, those of Tomcat as well', async () => {
    for (const { bytes } of interceptorVectors(/^tcp-ping-data/)) {
      const rig = new InterceptorRig('TcpPingInterceptor');
      await rig.subject.messageReceived(channelData(bytes));
      expect(rig.upper.received).to.eql([]);
      expect(rig.subject.statistics()).to.include({ pingsReceived: 1 });
    }
  });

  it('has a TcpFailureDetector below it ask all members, and sends nothing itself', async () => {
    const context = interceptorContext(new ManualClock());
    const make = (className: string) => interceptorFactory({ className })(context);
    const [ping, detector] = [make('TcpPingInterceptor'), make('TcpFailureDetector')];
    const lower = new RecordingLowerLayer();
    const upper = new RecordingUpperLayer();
    const bottom = Object.assign(lower, { attach: () => undefined });
    linkInterceptors(upper, [ping, detector], bottom);
    await ping.start(StartLevel.DEFAULT);
    // A member that the membership knows, and at whose port nobody listens.
    lower.below = [member(1)];
    ping.heartbeat();
    await eventually('asked', () => (detector.statistics()['probesDead'] ?? 0) > 0);
    expect(lower.sent).to.eql([]);
    expect(ping.statistics()).to.include({ checks: 1 });
    await ping.stop(StartLevel.DEFAULT);
    await context.tasks.idle();
  });
});
