import { expect } from 'chai';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { eventually } from '../support/eventually.js';
import { compileJava, describeWithJvm, JavaProcess, sourceFile } from '../support/jvm.js';
import { StartLevel } from '../../src/membership/index.js';
import { entry, idOf, loopbackAddress, StaticNode } from './static-kit.js';

/** Milliseconds between the heartbeats of a Tomcat's channel, and until members expire: Tomcat's 5000, shortened. */
const PERIOD = 1000;

for (const tomcat of ['9', '10.1'] as const) {
  describeWithJvm(`a static list beside a GroupChannel of Tomcat ${tomcat}`, { tomcat }, (classPath) => {
    let host: string;
    let nodes: StaticNode[];
    let jvms: JavaProcess[];
    let events: string[];

    beforeEach(() => {
      host = loopbackAddress();
      nodes = [];
      jvms = [];
      events = [];
    });

    afterEach(async function () {
      this.timeout(30_000);
      await Promise.all(nodes.map((node) => node.stop(StartLevel.DEFAULT)));
      await Promise.all(jvms.map((jvm) => jvm.kill()));
    });

    async function startNode(port: number, members: readonly number[]): Promise<StaticNode> {
      const node = new StaticNode(host, port, {
        members: members.map((member) => entry(host, member)),
        expirationTime: PERIOD,
      });
      nodes.push(node);
      node.setListener({
        memberAdded: (member) => events.push(`${port}: added ${member.port}`),
        memberDisappeared: (member, reason) => events.push(`${port}: ${reason} ${member.port}`),
      });
      await node.start(StartLevel.DEFAULT);
      return node;
    }

    async function startJvm(port: number, members: readonly number[]): Promise<JavaProcess> {
      const classes = await compileJava([sourceFile('test/membership/jvm/StaticPeer.java')], classPath);
      const jvm = new JavaProcess({
        mainClass: 'StaticPeer',
        classPath: [classes, classPath],
        jvmOptions: ['-Djava.net.preferIPv4Stack=true'],
        args: [host, ...[port, PERIOD, ...members].map(String)],
      });
      jvms.push(jvm);
      await jvm.line(/^started /);
      return jvm;
    }

    const portsOf = (node: StaticNode): string =>
      node
        .members()
        .map(({ port }) => port)
        .join(' ');

    const complaints = (jvm: JavaProcess): string[] =>
      jvm.errorLines.filter((line) => line.startsWith('SEVERE'));

    it('each sees the other as the lists say, stays, says farewell, and comes back', async function () {
      this.timeout(60_000);
      const list = [4001, 4002, 4003];
      const jvm = await startJvm(4001, list);
      const node = await startNode(4002, list);
      await jvm.line(new RegExp(`^added 4002 ${idOf(4002)}$`));
      expect(portsOf(node)).to.equal('4001');
      expect(node.members()[0]?.uniqueId).to.equal(idOf(4001));
      expect(node.local.uniqueId).to.equal(idOf(4002));
      const second = await startJvm(4003, list);
      await jvm.line(/^added 4003/);
      await second.line(/^added 4002/);
      await eventually('we see both', () => portsOf(node).split(' ').sort().join() === '4001,4003');
      await new Promise((resolve) => setTimeout(resolve, 3 * PERIOD));
      expect(events).to.eql(['4002: added 4001', '4002: added 4003']);
      expect(jvm.lines.filter((line) => line.startsWith('disappeared'))).to.eql([]);
      second.tell('stop');
      await eventually('it said farewell', () => events.includes('4002: shutdown 4003'));
      await node.stop(StartLevel.DEFAULT);
      await jvm.line(/^disappeared 4002 BABY-ALEX$/);
      const from = jvm.lines.length;
      await node.start(StartLevel.DEFAULT);
      await jvm.line(/^added 4002/, { from });
    });

    it('we notice that it was killed and that it came back, and it that we were', async function () {
      this.timeout(60_000);
      const list = [4001, 4002];
      const node = await startNode(4002, list);
      const jvm = await startJvm(4001, list);
      await eventually('we see it', () => portsOf(node) === '4001');
      await jvm.line(/^added 4002/);
      await jvm.kill();
      await eventually('it is gone', () => events.includes('4002: expired 4001'));
      const back = await startJvm(4001, list);
      await eventually('it is back', () => portsOf(node) === '4001');
      await back.line(/^added 4002/);
      await node.kill();
      await back.line(/^disappeared 4002 $/);
    });

    it('a node that no Tomcat has in its list is a member all the same, and stays', async function () {
      this.timeout(60_000);
      const jvm = await startJvm(4001, [4001]);
      const node = await startNode(4002, [4001]);
      await eventually('we see it', () => portsOf(node) === '4001');
      await jvm.line(new RegExp(`^added 4002 ${node.local.uniqueId}$`));
      await new Promise((resolve) => setTimeout(resolve, 5 * PERIOD));
      expect(jvm.lines.filter((line) => line.startsWith('disappeared'))).to.eql([]);
      expect(events).to.eql(['4002: added 4001']);
      // A Tomcat of 9 is first asked in the form of 10.1, and logs that it cannot read that.
      expect(complaints(jvm), jvm.errorLines.join('\n')).to.have.length(tomcat === '9' ? 1 : 0);
    });

    it('it is not held up by a list that names what is no member', async function () {
      this.timeout(60_000);
      const web = createServer((socket) => socket.on('error', () => undefined).resume()).listen(4003, host);
      await once(web, 'listening');
      const jvm = await startJvm(4001, [4001]);
      const node = await startNode(4002, [4003, 4001]);
      await eventually('we see it', () => portsOf(node) === '4001');
      await jvm.line(/^added 4002/);
      await node.stop(StartLevel.DEFAULT);
      await new Promise((resolve) => web.close(resolve));
    });
  });
}
