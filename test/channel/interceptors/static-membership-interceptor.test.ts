import { expect } from 'chai';
import { linkInterceptors } from '../../../src/channel/channel-interceptor.js';
import { interceptorFactory } from '../../../src/channel/interceptors/registry.js';
import { parseStaticMembers } from '../../../src/base/index.js';
import { hostBytes, StartLevel, type Member } from '../../../src/membership/index.js';
import { memberAt } from '../../../src/membership/static/host-names.js';
import { MEMBER_START, MEMBER_STOP, TCP_PING_DATA } from '../../../src/wire/index.js';
import { rejectionOf } from '../../support/errors.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manual-clock.js';
import { interceptorContext, RecordingLowerLayer, RecordingUpperLayer } from '../layers.js';
import { member, memberPackage } from '../members.js';
import { channelData, InterceptorRig, interceptorVectors } from './interceptor-rig.js';

const TEXT = '127.0.0.1:4003 127.0.0.1:4000 127.0.0.1:4001?domain=shop';

describe('StaticMembershipInterceptor', () => {
  // 4000 is the local one.
  const [late, , early] = parseStaticMembers(TEXT).map((entry) =>
    memberAt(entry, hostBytes(entry.host) ?? Buffer.alloc(0)),
  ) as [Member, Member, Member];
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

  describe('with names', () => {
    const NAMED = '127.0.0.1:4003 one:4001 two:4002';
    let addresses: Record<string, string[]>;
    let lookups: number;

    beforeEach(() => {
      addresses = { one: ['127.0.0.2'], two: ['127.0.0.3', '127.0.0.4'] };
      lookups = 0;
      rig = new InterceptorRig('StaticMembershipInterceptor', {
        attributes: { members: NAMED },
        lookup: (name) => {
          lookups++;
          const found = addresses[name];
          return found === undefined ? Promise.reject(new Error(`no ${name}`)) : Promise.resolve(found);
        },
      });
    });

    const hosts = (): string[] => rig.subject.members().map(({ host, port }) => `${host}:${port}`);
    const beat = async (): Promise<void> => {
      rig.subject.heartbeat();
      await new Promise((resolve) => setImmediate(resolve));
    };

    it('has them, and tells them, before the membership starts', async () => {
      await rig.start();
      expect(rig.lower.calls).to.eql(['start 3', 'start 12']);
      expect(rig.upper.events).to.eql(['+4003', '+4001', '+4002']);
      expect(hosts()).to.have.members(['127.0.0.1:4003', '127.0.0.2:4001', '127.0.0.3:4002']);
      expect(rig.lower.sent.flatMap(({ to }) => to.map(({ port }) => port))).to.eql([4003, 4001, 4002]);
    });

    it('finds with a heartbeat one that had no address, and complains once of it', async () => {
      delete addresses['one'];
      await rig.start();
      await beat();
      expect(rig.upper.events).to.eql(['+4003', '+4002']);
      expect(rig.subject.statistics()).to.include({ staticMembers: 3, withoutAddress: 1 });
      expect(rig.log.lines('warn').map(({ fields }) => fields)).to.eql([
        { name: 'one', error: 'no one', times: 1 },
      ]);
      addresses['one'] = ['127.0.0.9'];
      await beat();
      expect(rig.upper.events.slice(2)).to.eql(['+4001']);
      expect(rig.lower.sent.at(-1)?.to.map(({ name }) => name)).to.eql(['tcp://127.0.0.9:4001']);
    });

    it('follows a name to another address, and only when it has left the old one', async () => {
      await rig.start();
      addresses['two'] = ['127.0.0.4', '127.0.0.3'];
      await beat();
      delete addresses['one'];
      await beat();
      expect(rig.upper.events).to.have.length(3);
      addresses['two'] = ['127.0.0.4'];
      await beat();
      expect(rig.upper.events.slice(3)).to.eql(['-4002 shutdown', '+4002']);
      expect(hosts()).to.have.members(['127.0.0.1:4003', '127.0.0.2:4001', '127.0.0.4:4002']);
    });

    it('passes over this node', async () => {
      rig = new InterceptorRig('StaticMembershipInterceptor', {
        attributes: { members: 'me:4000 other:4001' },
        lookup: () => Promise.resolve(['127.0.0.1']),
      });
      await rig.start();
      expect(rig.upper.events).to.eql(['+4001']);
    });

    it('waits for a name server two seconds, and no stop waits for it', async () => {
      rig = new InterceptorRig('StaticMembershipInterceptor', {
        attributes: { members: NAMED },
        lookup: () => new Promise(() => undefined),
      });
      const starting = rig.subject.start(StartLevel.DEFAULT);
      await new Promise((resolve) => setImmediate(resolve));
      expect(rig.lower.calls).to.eql(['start 3']);
      rig.clock.advance(2000);
      await starting;
      expect(rig.lower.calls).to.eql(['start 3', 'start 12']);
      await rig.subject.stop(StartLevel.DEFAULT);
      const again = rig.subject.start(StartLevel.DEFAULT);
      await new Promise((resolve) => setImmediate(resolve));
      await rig.subject.stop(StartLevel.DEFAULT);
      await rejectionOf('TRIBES_E_CHANNEL_NOT_STARTED', again);
      expect(rig.lower.calls.slice(2)).to.eql(['stop 15', 'start 3', 'stop 15']);
    });

    it('looks nothing up where there are addresses only, or it does not run', async () => {
      await beat();
      expect(lookups).to.equal(0);
      rig = new InterceptorRig('StaticMembershipInterceptor', { attributes: { members: '127.0.0.1:4003' } });
      await rig.start();
      await beat();
      expect(rig.upper.events).to.eql(['+4003']);
    });
  });
});
