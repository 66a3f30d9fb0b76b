import { expect } from 'chai';
import fc from 'fast-check';
import { makeMember, MemberTable, memberKey } from '../../src/membership/index.js';
import { decodeMemberPackage } from '../../src/wire/index.js';
import { vectorFiles } from '../support/vectors.js';
import { memberPackage } from './support.js';

const names = (table: MemberTable): string[] => table.members.map(({ name }) => name);

describe('MemberTable', () => {
  describe('order', () => {
    for (const [file, vectors] of vectorFiles('01-membership-tomcat')) {
      it(`is that of Membership.getMembers in ${file}`, () => {
        const vector = vectors.find(({ name }) => name === 'order-alive-time');
        const fields = vector?.fields as { insertion: string[]; order: string[] };
        const packages = new Map(
          splitPackages(vector?.bytes).map((info) => [tomcatName(info.host, info.port), info]),
        );
        const table = new MemberTable();
        for (const name of fields.insertion) {
          const info = packages.get(name);
          expect(info, name).to.not.equal(undefined);
          if (info !== undefined) {
            table.announced(info, 0);
          }
        }
        expect(table.members.map(({ info }) => tomcatName(info.host, info.port))).to.eql(fields.order);
      });
    }

    it('changes when an alive time changes, and keeps who came first first among equals', () => {
      const table = new MemberTable();
      const [a, b, c] = [1, 2, 3].map((i) => memberPackage({ host: `10.0.0.${i}`, aliveTime: 5 }));
      for (const info of [a, b, c]) {
        table.announced(info ?? memberPackage(), 0);
      }
      expect(names(table)).to.eql(['tcp://10.0.0.1:4000', 'tcp://10.0.0.2:4000', 'tcp://10.0.0.3:4000']);
      table.announced({ ...(c ?? memberPackage()), aliveTime: 6n }, 1);
      expect(names(table)).to.eql(['tcp://10.0.0.3:4000', 'tcp://10.0.0.1:4000', 'tcp://10.0.0.2:4000']);
      table.announced({ ...(a ?? memberPackage()), aliveTime: 6n }, 2);
      expect(names(table)).to.eql(['tcp://10.0.0.3:4000', 'tcp://10.0.0.1:4000', 'tcp://10.0.0.2:4000']);
    });

    it('is by alive time after any sequence of announcements and removals', () => {
      const step = fc.record({
        port: fc.integer({ min: 1, max: 8 }),
        alive: fc.integer(),
        leaves: fc.boolean(),
      });
      const template = memberPackage();
      fc.assert(
        fc.property(fc.array(step), (steps) => {
          const table = new MemberTable();
          const alive = new Map<number, bigint>();
          for (const { port, alive: aliveTime, leaves } of steps) {
            const info = { ...template, port, aliveTime: BigInt(aliveTime) };
            if (leaves) {
              table.remove(memberKey(info));
              alive.delete(port);
            } else {
              table.announced(info, 0);
              alive.set(port, info.aliveTime);
            }
          }
          const listed = table.members.map(({ port, info }) => [port, info.aliveTime] as const);
          expect(new Map(listed)).to.eql(alive);
          const times = listed.map(([, time]) => time);
          expect(times).to.eql(times.toSorted((x, y) => (x < y ? 1 : x > y ? -1 : 0)));
        }),
      );
    });
  });

  it('tells once of a new member', () => {
    const table = new MemberTable();
    const info = memberPackage();
    expect(table.announced(info, 0)?.info).to.equal(info);
    expect(table.announced({ ...info, aliveTime: 2000n }, 1)).to.equal(undefined);
    expect(table.members.length).to.equal(1);
  });

  it('takes over alive time, payload and command of a known member, never domain, ports or ids', () => {
    const table = new MemberTable();
    const info = memberPackage({ domain: Buffer.from('first') });
    const member = table.announced(info, 0);
    const payload = Buffer.from('payload');
    const command = Buffer.from('command');
    table.announced(
      {
        ...info,
        aliveTime: 2000n,
        payload,
        command,
        domain: Buffer.from('second'),
        securePort: 1,
        udpPort: 2,
      },
      1,
    );
    expect(member?.info).to.eql({ ...info, aliveTime: 2000n, payload, command });
    expect(table.members[0]).to.equal(member);
  });

  it('takes over nothing while the alive time stays the same', () => {
    const table = new MemberTable();
    const info = memberPackage();
    const member = table.announced(info, 0);
    table.announced({ ...info, payload: Buffer.from('payload') }, 1);
    expect(member?.info).to.eql(info);
  });

  it('expires who has been silent for more than the drop time, however old it says it is', () => {
    const table = new MemberTable();
    const [early, late] = [memberPackage(), memberPackage({ host: '10.0.0.2' })];
    table.announced(early, 0);
    table.announced(late, 0);
    table.announced(late, 1);
    expect(table.expire(3000, 3000)).to.eql([]);
    expect(table.expire(3001, 3000).map(({ key }) => key)).to.eql([memberKey(early)]);
    expect(names(table)).to.eql(['tcp://10.0.0.2:4000']);
  });

  it('gives snapshots that later changes leave alone', () => {
    const table = new MemberTable();
    table.announced(memberPackage(), 0);
    const before = table.members;
    table.announced(memberPackage({ aliveTime: 5000 }), 0);
    expect(before.length).to.equal(1);
  });

  it('takes over members of another table as they are', () => {
    const lower = new MemberTable();
    const upper = new MemberTable();
    const info = memberPackage();
    const member = lower.announced(info, 0) ?? makeMember(info);
    expect(upper.add(member, 0)).to.equal(true);
    expect(upper.add(member, 0)).to.equal(false);
    lower.announced({ ...info, aliveTime: 9000n }, 1);
    expect(upper.get(member.key)?.info.aliveTime).to.equal(9000n);
  });

  it('bounds a flood of members and counts those that it refuses', () => {
    const table = new MemberTable({ maxMembers: 3, maxPayloadBytes: 10 });
    const known = memberPackage();
    table.announced(known, 0);
    for (let port = 1; port <= 1000; port++) {
      table.announced(memberPackage({ port }), 0);
    }
    expect([table.members.length, table.refused]).to.eql([3, 998]);
    table.announced({ ...known, aliveTime: 2000n }, 100);
    expect(table.get(memberKey(known))?.info.aliveTime).to.equal(2000n);
    table.expire(101, 100);
    expect(table.announced(memberPackage(), 102)).to.not.equal(undefined);
  });

  it('refuses a payload that is too large', () => {
    const table = new MemberTable({ maxMembers: 3, maxPayloadBytes: 10 });
    expect(table.announced(memberPackage({ payload: Buffer.alloc(11) }), 0)).to.equal(undefined);
    expect(table.announced(memberPackage({ payload: Buffer.alloc(10) }), 0)).to.not.equal(undefined);
    expect(table.refused).to.equal(1);
  });
});

function splitPackages(bytes: Buffer = Buffer.alloc(0)): ReturnType<typeof decodeMemberPackage>[] {
  const LENGTH = 77;
  return Array.from({ length: bytes.length / LENGTH }, (_, i) =>
    decodeMemberPackage(bytes, i * LENGTH, LENGTH),
  );
}

function tomcatName(host: Buffer, port: number): string {
  return `tcp://{${host.join(', ')}}:${port}`;
}
