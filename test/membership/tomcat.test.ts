import { expect } from 'chai';
import { randomInt } from 'node:crypto';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { McastService, StartLevel, type McastSettings } from '../../src/membership/index.js';
import { eventually } from '../support/eventually.js';
import { compileJava, describeWithJvm, JavaProcess, sourceFile } from '../support/jvm.js';

for (const tomcat of ['9', '10.1'] as const) {
  describeWithJvm(`membership beside a GroupChannel of Tomcat ${tomcat}`, { tomcat }, (classPath) => {
    let settings: Partial<McastSettings>;
    let nodes: McastService[];
    let jvms: JavaProcess[];
    let events: string[];

    beforeEach(() => {
      settings = {
        address: `239.255.${randomInt(1, 255)}.${randomInt(1, 255)}`,
        port: randomInt(20_000, 32_000),
        bind: '127.0.0.1',
        frequency: 50,
        dropTime: 1000,
        domain: 'ours',
        payload: Buffer.from('payload'),
      };
      nodes = [];
      jvms = [];
      events = [];
    });

    afterEach(async function () {
      this.timeout(30_000);
      await Promise.all(nodes.map((node) => node.stop(StartLevel.DEFAULT)));
      await Promise.all(jvms.map((jvm) => jvm.kill()));
    });

    async function startNode(port: number, level: number = StartLevel.DEFAULT): Promise<McastService> {
      const node = new McastService({ clock: systemClock, logger: silentLogger, settings });
      nodes.push(node);
      node.setLocalMemberProperties({ host: '127.0.0.1', port });
      node.setListener({
        memberAdded: (member) => events.push(`${port}: added ${member.port}`),
        memberDisappeared: (member, reason) => events.push(`${port}: ${reason} ${member.port}`),
      });
      await node.start(level);
      return node;
    }

    async function startJvm(port: number): Promise<JavaProcess> {
      const classes = await compileJava([sourceFile('test/membership/jvm/MembershipPeer.java')], classPath);
      const jvm = new JavaProcess({
        mainClass: 'MembershipPeer',
        classPath: [classes, classPath],
        jvmOptions: ['-Djava.net.preferIPv4Stack=true'],
        args: [settings.address ?? '', String(settings.port), String(port), 'theirs'],
      });
      jvms.push(jvm);
      await jvm.line(/^started /);
      return jvm;
    }

    /** The ports of the members of a JVM, in its order. */
    async function membersOf(jvm: JavaProcess): Promise<string> {
      const from = jvm.lines.length;
      jvm.tell('members');
      return (await jvm.line(/^members/, { from })).replace('members ', '');
    }

    async function lists(jvm: JavaProcess, ports: string): Promise<void> {
      for (let attempt = 0; attempt < 200; attempt++) {
        if ((await membersOf(jvm)) === ports) {
          return;
        }
      }
      expect(await membersOf(jvm)).to.equal(ports);
    }

    const portsOf = (node: McastService): string =>
      node
        .members()
        .map(({ port }) => port)
        .join(' ');

    it('each sees the other as it is', async function () {
      this.timeout(60_000);
      const port = randomInt(20_000, 40_000);
      const node = await startNode(4001);
      const jvm = await startJvm(port);
      await jvm.line(new RegExp(`^added 4001 ${node.local.uniqueId} ours payload$`));
      await eventually('we see it', () => portsOf(node) === String(port));
      const [, listening, id] = (await jvm.line(/^started /)).split(' ');
      const [member] = node.members();
      expect([String(member?.port), member?.uniqueId]).to.eql([listening, id]);
      expect(member?.info.domain.toString()).to.equal('theirs');
      expect(member?.name).to.equal(`tcp://127.0.0.1:${port}`);
    });

    it('each says farewell to the other', async function () {
      this.timeout(60_000);
      const port = randomInt(20_000, 40_000);
      const node = await startNode(4001);
      const leaving = await startNode(4002);
      const jvm = await startJvm(port);
      await jvm.line(/^added 4002/);
      await leaving.stop(StartLevel.DEFAULT);
      await jvm.line(/^disappeared 4002 BABY-ALEX$/);
      await eventually('we see it', () => portsOf(node) === String(port));
      jvm.tell('stop');
      await eventually('it is gone', () => events.includes(`4001: shutdown ${port}`));
      expect(node.members()).to.eql([]);
    });

    it('we notice that it was killed, and it notices that we fell silent', async function () {
      this.timeout(60_000);
      const port = randomInt(20_000, 40_000);
      const node = await startNode(4001);
      const jvm = await startJvm(port);
      await eventually('we see it', () => portsOf(node) === String(port));
      await jvm.kill();
      await eventually('it is gone', () => events.includes(`4001: expired ${port}`));
    });

    it('it does not see a node that only listens', async function () {
      this.timeout(60_000);
      const port = randomInt(20_000, 40_000);
      const passive = await startNode(4001, StartLevel.MBR_RX);
      const jvm = await startJvm(port);
      await eventually('we see it', () => portsOf(passive) === String(port));
      await passive.stop(StartLevel.DEFAULT);
      await startNode(4002);
      await jvm.line(/^added 4002/);
      expect(jvm.lines.filter((line) => line.includes('4001'))).to.eql([]);
    });

    it('lists the longest running first, and a node that is not synchronised last, until it is', async function () {
      this.timeout(60_000);
      const first = await startNode(4001);
      const second = await startNode(4002);
      const observer = await startNode(4003, StartLevel.MBR_RX);
      second.setSynchronised(true);
      const port = randomInt(20_000, 40_000);
      const jvm = await startJvm(port);
      await lists(jvm, '4002 4001');
      first.setSynchronised(true);
      await lists(jvm, '4001 4002');
      await eventually('we list as it does', () => portsOf(observer) === `4001 4002 ${port}`);
    });
  });
}
