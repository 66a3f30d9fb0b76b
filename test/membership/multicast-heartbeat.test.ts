import { expect } from 'chai';
import fc from 'fast-check';
import { randomUniqueId } from '../../src/base/index.js';
import { LocalMember, memberKey, type LocalMemberOptions } from '../../src/membership/index.js';
import {
  MulticastHeartbeat,
  type MulticastHeartbeatOptions,
} from '../../src/membership/multicast-heartbeat.js';
import {
  decodeMemberPackage,
  encodeChannelData,
  encodeFrame,
  encodeMemberPackage,
  SHUTDOWN_PAYLOAD,
  type MemberPackage,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { vectorFiles } from '../support/vectors.js';
import { memberPackage } from './support.js';

const LOCAL = { host: '10.0.0.9', port: 4000 };

function localMember(options: Partial<LocalMemberOptions> = {}): LocalMember {
  const nothing = Buffer.alloc(0);
  return new LocalMember({ uniqueId: randomUniqueId(), domain: nothing, payload: nothing, ...options });
}

function protocol(
  options: Partial<MulticastHeartbeatOptions & LocalMemberOptions> = {},
): MulticastHeartbeat & { readonly self: LocalMember } {
  const self = localMember(options);
  const made = new MulticastHeartbeat({ local: self, dropTime: 3000, ...options });
  self.setProperties(LOCAL);
  made.assertFits();
  made.begin(0);
  return Object.assign(made, { self });
}

/** What happened, in short: `added tcp://…`, `shutdown tcp://…`, `garbage`. */
function told(actions: ReturnType<MulticastHeartbeat['receive']>): string[] {
  return actions.map((action) => {
    switch (action.type) {
      case 'added':
        return `added ${action.member.name}`;
      case 'disappeared':
        return `${action.reason} ${action.member.name}`;
      case 'broadcast':
        return `broadcast ${action.message.message.toString()}`;
      case 'garbage':
        return 'garbage';
    }
  });
}

function heard(node: MulticastHeartbeat, info: MemberPackage, now = 0): string[] {
  return told(node.receive(encodeMemberPackage(info), now));
}

function broadcastFrame(member: MemberPackage, text: string): Buffer {
  const message = Buffer.from(text);
  return encodeFrame(
    encodeChannelData({ options: 0x41, timestamp: 0n, uniqueId: randomUniqueId(), member, message }),
  );
}

describe('MulticastHeartbeat', () => {
  describe('what it hears', () => {
    it('is a new member once', () => {
      const node = protocol();
      const info = memberPackage();
      expect(heard(node, info)).to.eql(['added tcp://10.0.0.1:4000']);
      expect(heard(node, { ...info, aliveTime: 1500n }, 500)).to.eql([]);
      expect(node.members.map(({ info: { aliveTime } }) => aliveTime)).to.eql([1500n]);
      expect(node.heartbeatsReceived).to.equal(2);
    });

    it('is not itself', () => {
      const node = protocol();
      expect(told(node.receive(node.heartbeat(0), 0))).to.eql([]);
      expect(told(node.receive(node.farewell(0), 0))).to.eql([]);
      expect(node.heartbeatsReceived).to.equal(0);
    });

    it('is another member when only the id differs from its own: a restarted node', () => {
      const node = protocol();
      expect(heard(node, memberPackage(LOCAL))).to.eql(['added tcp://10.0.0.9:4000']);
    });

    it('is a farewell: of a member it knows, and of one that it does not', () => {
      const node = protocol();
      const info = memberPackage();
      heard(node, info);
      expect(heard(node, { ...info, command: SHUTDOWN_PAYLOAD })).to.eql(['shutdown tcp://10.0.0.1:4000']);
      expect(node.members).to.eql([]);
      expect(heard(node, { ...info, command: SHUTDOWN_PAYLOAD })).to.eql(['shutdown tcp://10.0.0.1:4000']);
    });

    it('is a member that stays although its alive time stands still', () => {
      const node = protocol();
      const info = memberPackage({ aliveTime: 0 });
      for (let now = 0; now <= 20_000; now += 500) {
        heard(node, info, now);
        expect(told(node.expire(now, 500))).to.eql([]);
      }
      expect(node.members.length).to.equal(1);
    });

    for (const [file, vectors] of vectorFiles('01-membership-tomcat')) {
      it(`is the broadcast message of ${file}`, () => {
        const vector = vectors.find(({ name }) => name === 'multicast-broadcast');
        const [action] = protocol().receive(vector?.bytes ?? Buffer.alloc(0), 0);
        expect(action?.type).to.equal('broadcast');
        expect(action?.type === 'broadcast' && action.message.message.toString()).to.equal('mcast');
      });
    }

    it('are several broadcast messages in one datagram, but not its own', () => {
      const node = protocol();
      const other = memberPackage();
      const frames = [
        broadcastFrame(other, 'one'),
        broadcastFrame(node.self.member.info, 'own'),
        broadcastFrame(other, 'two'),
      ];
      expect(told(node.receive(Buffer.concat(frames), 0))).to.eql(['broadcast one', 'broadcast two']);
    });

    it('is garbage when it is nothing that a Tomcat sends', () => {
      const heartbeat = encodeMemberPackage(memberPackage());
      const frame = broadcastFrame(memberPackage(), 'text');
      const garbage = {
        'other text': Buffer.from('GET / HTTP/1.1'),
        'a heartbeat cut short': heartbeat.subarray(0, 60),
        'a frame cut short': frame.subarray(0, frame.length - 1),
        'a frame with something behind it': Buffer.concat([frame, Buffer.from('x')]),
        'no host': encodeMemberPackage(memberPackage({ host: '' })),
        'the unspecified address': encodeMemberPackage(memberPackage({ host: '0.0.0.0' })),
        'port 0': encodeMemberPackage(memberPackage({ port: 0 })),
        'port 65536': encodeMemberPackage(memberPackage({ port: 65_536 })),
      };
      for (const [what, datagram] of Object.entries(garbage)) {
        const node = protocol();
        expect(told(node.receive(datagram, 0)), what).to.eql(['garbage']);
        expect(node.members, what).to.eql([]);
      }
    });

    it('never makes it fail', () => {
      const node = protocol({ limits: { maxMembers: 8, maxPayloadBytes: 1000 } });
      const bytes = encodeMemberPackage(
        memberPackage({ payload: Buffer.from('payload'), domain: Buffer.from('d') }),
      );
      const mutation = fc.record({
        at: fc.nat(bytes.length - 1),
        byte: fc.nat(255),
        cut: fc.nat(bytes.length),
      });
      fc.assert(
        fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
          const datagram = Buffer.from(bytes);
          for (const { at, byte } of mutations) {
            datagram[at] = byte;
          }
          node.receive(datagram.subarray(0, datagram.length - ((mutations[0]?.cut ?? 0) % 16)), 0);
          expect(node.members.length).to.be.at.most(8);
        }),
        { numRuns: 2000 },
      );
    });
  });

  describe('expiry', () => {
    it('comes after more than dropTime of silence', () => {
      const node = protocol({ dropTime: 3000 });
      heard(node, memberPackage(), 0);
      for (let now = 500; now <= 3000; now += 500) {
        expect(told(node.expire(now, 500))).to.eql([]);
      }
      expect(told(node.expire(3500, 500))).to.eql(['expired tcp://10.0.0.1:4000']);
      expect(told(node.expire(4000, 500))).to.eql([]);
    });

    it('is put off when this process was held up, so that what waits to be read is read first', () => {
      const node = protocol({ dropTime: 3000 });
      const info = memberPackage();
      heard(node, info, 0);
      node.expire(500, 500);
      expect(told(node.expire(60_000, 500))).to.eql([]);
      heard(node, info, 60_001);
      expect(told(node.expire(60_500, 500))).to.eql([]);
      expect(node.members.length).to.equal(1);
    });
  });

  describe('its own heartbeat', () => {
    it('says who it is', () => {
      const uniqueId = randomUniqueId();
      const node = protocol({ uniqueId, domain: Buffer.from('domain'), payload: Buffer.from('payload') });
      node.self.setProperties({ ...LOCAL, securePort: 4443, udpPort: 4500 });
      expect(decodeMemberPackage(node.heartbeat(0))).to.eql({
        ...memberPackage({ ...LOCAL, aliveTime: 0, securePort: 4443, udpPort: 4500, uniqueId }),
        domain: Buffer.from('domain'),
        payload: Buffer.from('payload'),
      });
    });

    it('says age 0 until the node is synchronised, then the true age', () => {
      const node = protocol();
      node.begin(10_000);
      const age = (now: number): bigint => decodeMemberPackage(node.heartbeat(now)).aliveTime;
      expect([age(10_000), age(15_000)]).to.eql([0n, 0n]);
      node.self.setSynchronised(true);
      expect([age(15_500), age(16_000.7)]).to.eql([5500n, 6000n]);
      node.self.setSynchronised(false);
      expect(age(17_000)).to.equal(0n);
    });

    it('says the age of the state instead where that is greater, once the node is synchronised', () => {
      const node = protocol();
      node.begin(10_000);
      const age = (now: number): bigint => decodeMemberPackage(node.heartbeat(now)).aliveTime;
      node.self.setSynchronised(true, -90_000);
      expect(age(15_000)).to.equal(105_000n);
      node.self.setSynchronised(true, 12_000);
      expect(age(15_000)).to.equal(5000n);
      node.self.setSynchronised(false, -90_000);
      expect(age(15_000)).to.equal(0n);
    });

    it('is what message headers carry until the next one', () => {
      const node = protocol();
      node.self.setSynchronised(true);
      node.heartbeat(700);
      expect(node.self.member.info.aliveTime).to.equal(700n);
      expect(encodeMemberPackage(node.self.member.info)).to.eql(node.heartbeat(700));
    });

    it('carries the shutdown command when it is the last, and no more after a new begin', () => {
      const node = protocol();
      expect(decodeMemberPackage(node.farewell(100)).command).to.eql(SHUTDOWN_PAYLOAD);
      node.begin(200);
      expect(decodeMemberPackage(node.heartbeat(200)).command.length).to.equal(0);
    });

    it('is what another node knows it by', () => {
      const [a, b] = [protocol(), protocol()];
      b.receive(a.heartbeat(0), 0);
      expect(b.members.map(({ key }) => key)).to.eql([memberKey(a.self.member.info)]);
    });

    it('is refused without an address that can be connected to', () => {
      const local = localMember();
      const unset = new MulticastHeartbeat({ local, dropTime: 3000 });
      thrownBy('TRIBES_E_MEMBERSHIP_UNANNOUNCED', () => unset.heartbeat(0));
      for (const host of ['0.0.0.0', '::', 'localhost', '']) {
        thrownBy('TRIBES_E_MEMBERSHIP_UNANNOUNCED', () => local.setProperties({ host, port: 4000 }));
      }
      thrownBy('TRIBES_E_MEMBERSHIP_UNANNOUNCED', () => local.setProperties({ host: '::1', port: 0 }));
    });

    it('is refused when it does not fit a datagram, the farewell included', () => {
      const overhead = 77 + SHUTDOWN_PAYLOAD.length;
      protocol({ payload: Buffer.alloc(65_507 - overhead) });
      thrownBy('TRIBES_E_MEMBERSHIP_PAYLOAD', () => protocol({ payload: Buffer.alloc(65_508 - overhead) }));
    });
  });
});
