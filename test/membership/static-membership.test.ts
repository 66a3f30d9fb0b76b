import { expect } from 'chai';
import { randomUniqueId } from '../../src/base/index.js';
import { LocalMember } from '../../src/membership/index.js';
import {
  StaticMembership,
  type StaticMembershipAction,
} from '../../src/membership/static/static-membership.js';
import { SHUTDOWN_PAYLOAD, StaticMemberMessageType, type MemberPackage } from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { memberPackage } from './support.js';

const { START, STOP, PING } = StaticMemberMessageType;
const ID = Buffer.from('Catalina-Channel-StaticMembership', 'latin1');

describe('StaticMembership', () => {
  let local: LocalMember;
  let membership: StaticMembership;

  beforeEach(() => {
    const nothing = Buffer.alloc(0);
    local = new LocalMember({ uniqueId: randomUniqueId(), domain: nothing, payload: nothing });
    local.setProperties({ host: '10.0.0.9', port: 4000 });
    local.begin(0);
    const limits = { maxMembers: 2, maxPayloadBytes: 100 };
    membership = new StaticMembership({ local, membershipId: ID, expirationTime: 5000, limits });
  });

  const told = (actions: readonly StaticMembershipAction[]): string[] =>
    actions.map((action) => `${action.type === 'added' ? 'added' : action.reason} ${action.member.name}`);

  const hears = (msgtype: number, member: MemberPackage, now = 0): string[] =>
    told(membership.heard({ msgtype, member: { javaClass: 'StaticMember', member }, membershipId: ID }, now));

  it('takes in whoever starts or asks, once, and follows its age', () => {
    const info = memberPackage();
    expect(hears(START, info)).to.eql(['added tcp://10.0.0.1:4000']);
    expect(hears(PING, { ...info, aliveTime: 2000n })).to.eql([]);
    expect(membership.members.map(({ info: { aliveTime } }) => aliveTime)).to.eql([2000n]);
    expect(membership.heardCount).to.equal(2);
  });

  it('puts out who stops, and tells of it though it is unknown', () => {
    const info = memberPackage();
    hears(START, info);
    const last = { ...info, command: SHUTDOWN_PAYLOAD };
    expect(hears(STOP, last)).to.eql(['shutdown tcp://10.0.0.1:4000']);
    expect(membership.members).to.eql([]);
    expect(hears(STOP, last)).to.eql(['shutdown tcp://10.0.0.1:4000']);
  });

  it('puts out who is silent for longer than expirationTime, or cannot be asked', () => {
    const [one, two] = [memberPackage(), memberPackage({ host: '10.0.0.2' })];
    hears(START, one, 0);
    hears(START, two, 1);
    expect(told(membership.expire(5000))).to.eql([]);
    expect(told(membership.expire(5001))).to.eql(['expired tcp://10.0.0.1:4000']);
    expect(told(membership.unreachable(membership.members))).to.eql(['expired tcp://10.0.0.2:4000']);
    expect(told(membership.unreachable(membership.members))).to.eql([]);
  });

  it('does not take itself for another, nor a run of itself before', () => {
    expect(hears(PING, memberPackage({ host: '10.0.0.9' }))).to.eql([]);
    expect(hears(STOP, memberPackage({ host: '10.0.0.9' }))).to.eql([]);
    expect(membership.heardCount).to.equal(0);
  });

  it('takes in no more than so many, and nobody who cannot be connected to', () => {
    for (let n = 1; n <= 4; n++) {
      hears(START, memberPackage({ host: `10.0.0.${n}` }));
    }
    expect([membership.members.length, membership.refused]).to.eql([2, 2]);
    thrownBy('TRIBES_E_MEMBER_ADDRESS', () => hears(START, memberPackage({ host: '0.0.0.0' })));
    expect(told(membership.heard({ msgtype: PING, member: null, membershipId: ID }, 0))).to.eql([]);
  });

  it('says age 0 until it is synchronised, and farewell with the command', () => {
    expect(membership.message(PING, 3000).member?.member.aliveTime).to.equal(0n);
    local.setSynchronised(true);
    expect(membership.message(START, 3000)).to.deep.include({ msgtype: START, membershipId: ID });
    expect(membership.message(START, 3000).member?.member.aliveTime).to.equal(3000n);
    const { msgtype, member } = membership.farewell(4000);
    expect([msgtype, member?.member.command]).to.eql([STOP, SHUTDOWN_PAYLOAD]);
  });

  it('forgets everybody when it is told to', () => {
    hears(START, memberPackage());
    membership.reset();
    expect(membership.members).to.eql([]);
  });
});

describe('LocalMember', () => {
  it('has one id, whoever says so', () => {
    const nothing = Buffer.alloc(0);
    const local = new LocalMember({ uniqueId: randomUniqueId(), domain: nothing, payload: nothing });
    local.setProperties({ host: '10.0.0.9', port: 4000, udpPort: 4600 });
    const [first, second] = [randomUniqueId(), randomUniqueId()];
    local.identify('the list', first, Buffer.from('staging'));
    expect(local.member.info).to.deep.include({ port: 4000, udpPort: 4600, domain: Buffer.from('staging') });
    local.identify('the name', first);
    local.identify('the name', second);
    expect(local.member.uniqueId).to.equal(second);
    const error = thrownBy('TRIBES_E_MEMBERSHIP_TWO_IDS', () => local.identify('the list', first));
    expect(error.message).to.contain('the list').and.contain('the name');
  });
});
