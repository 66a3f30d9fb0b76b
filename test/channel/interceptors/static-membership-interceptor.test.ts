import { expect } from 'chai';
import { linkInterceptors } from '../../../src/channel/channel-interceptor.js';
import { interceptorFactory } from '../../../src/channel/interceptors/registry.js';
import { parseStaticMembers, StartLevel, type Member } from '../../../src/membership/index.js';
import { MEMBER_START, MEMBER_STOP, TCP_PING_DATA } from '../../../src/wire/index.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manual-clock.js';
import { interceptorContext, RecordingLowerLayer, RecordingUpperLayer } from '../layers.js';
import { member, memberPackage } from '../members.js';
import { channelData, InterceptorRig, interceptorVectors } from './interceptor-rig.js';

const TEXT = '127.0.0.1:4003 127.0.0.1:4000 127.0.0.1:4001?domain=shop';

describe('StaticMembershipInterceptor', () => {
  // 4000 is the local one.
  const [late, , early] = parseStaticMembers(TEXT) as [Member, Member, Member];
  let rig: InterceptorRig;

  beforeEach(() => {
    rig = new InterceptorRig('StaticMembershipInterceptor', {
      attributes: { members: TEXT, optionFlag: 512 },
    });
  });

  it('announces its members, and tells them, between the start of the connections and that of the membership', async () => {
    const starting = rig.subject.start(StartLevel.DEFAULT);
    expect(rig.upper.events).to.eql([]);
    await starting;
    expect(rig.lower.calls).to.eql(['start 3', 'start 12']);
    expect(rig.upper.events).to.eql(['+4003', '+4001']);
    expect(rig.lower.sent).to.have.length(1);
    expect(rig.lower.sent[0]?.to.map(({ key }) => key)).to.eql([late.key, early.key]);
    expect(rig.lower.sent[0]?.message).to.deep.include({ options: 512, message: MEMBER_START });
  });

  it('has those below too, in absolute order', () => {
    const below = member(4002);
    rig.lower.below = [below];
    expect(rig.subject.members().map(({ key }) => key)).to.eql([early.key, below.key, late.key]);
    expect(rig.subject.member(late.key)?.port).to.equal(4003);
    expect(rig.subject.member(below.key)).to.equal(below);
    expect(rig.subject.member(member(4002).key)).to.equal(undefined);
  });

  it('tells them of its stop, and waits for that, half a second at most', async () => {
    await rig.start();
    await rig.subject.stop(StartLevel.DEFAULT);
    expect(rig.lower.sent[1]?.message.message).to.eql(MEMBER_STOP);
    await rig.start();
    rig.lower.answer = () => new Promise(() => undefined);
    const stopping = rig.subject.stop(StartLevel.DEFAULT);
    expect(rig.lower.calls.at(-1)).to.equal('start 12');
    rig.clock.advance(500);
    await stopping;
    expect(rig.lower.calls.at(-1)).to.equal('stop 15');
  });

  it('says of members that tell it, as Tomcat does, that they have come or gone, and heeds no others', async () => {
    const [start] = interceptorVectors(/^static-member-start$/);
    const [stop] = interceptorVectors(/^static-member-stop$/);
    for (const sender of [early.info, memberPackage(4009)]) {
      for (const { bytes } of [start, stop] as { bytes: Buffer }[]) {
        await rig.subject.messageReceived(channelData(bytes, { member: sender }));
      }
    }
    expect(rig.upper.events).to.eql(['+4001', '-4001 shutdown']);
    expect(rig.upper.received).to.eql([]);
    expect(rig.subject.statistics()).to.include({ startsReceived: 1, stopsReceived: 1, ignored: 2 });
  });

  it('gives a TcpPingInterceptor above it with staticOnly the members to ping', async () => {
    const context = interceptorContext(new ManualClock());
    const make = (className: string, name: string, value: string) =>
      interceptorFactory({ className, attributes: new Map([[name, value]]) })(context);
    const ping = make('TcpPingInterceptor', 'staticOnly', 'true');
    const lower = new RecordingLowerLayer();
    lower.below = [member(4002)];
    const bottom = Object.assign(lower, { attach: () => undefined });
    const interceptors = [ping, make('StaticMembershipInterceptor', 'members', TEXT)];
    linkInterceptors(new RecordingUpperLayer(), interceptors, bottom);
    ping.heartbeat();
    await eventually('pinged', () => lower.sent.length === 1);
    expect(lower.sent[0]?.to.map(({ port }) => port)).to.eql([4003, 4001]);
    expect(lower.sent[0]?.message.message).to.eql(TCP_PING_DATA);
  });
});
