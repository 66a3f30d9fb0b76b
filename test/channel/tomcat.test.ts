import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ReceivedMessage } from '../../src/channel/index.js';
import type { Member } from '../../src/membership/index.js';
import { MEMBER_IMPL_UIDS } from '../../src/wire/index.js';
import { eventually } from '../support/eventually.js';
import { compileJava, describeWithJvm, JavaProcess, sourceFile } from '../support/jvm.js';
import { LoopbackNode, randomGroup, type Group } from './loopback-node.js';

/** The last three with the reserved bit `secure`, which changes nothing. */
const OPTIONS = [2, 6, 8, 14, 16, 22, 24];
const CAFE = Buffer.from('cafebabe', 'hex');

/** What RpcChannel waits for an answer in the peer, in milliseconds: whatever takes less did not wait. */
const RPC_TIMEOUT = 15_000;

/**
 * Warnings that a Tomcat logs of itself. The second one it logs beside any node that does not have its map, another
 * Tomcat as well as ours: that node's NoRpcChannelReply is no reply to be counted (AbstractReplicatedMap.broadcast).
 */
const OWN_WARNINGS = [/No utility executor was set/, /broadcast received 0 replies/];

function streamOf(text: string): Buffer {
  const head = Buffer.from('aced0005740000', 'hex');
  head.writeUInt16BE(text.length, 5);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** Milliseconds between heartbeats of the membership: a start takes four times that. */
const FREQUENCY = 100;

for (const tomcat of ['9', '10.1'] as const) {
  describeWithJvm(`a channel beside a GroupChannel of Tomcat ${tomcat}`, { tomcat }, (classPath) => {
    let group: Group;
    let node: LoopbackNode;
    let jvm: JavaProcess;
    let tomcatMember: Member;
    let take: (message: ReceivedMessage) => boolean | Promise<boolean>;

    async function start(): Promise<void> {
      group = randomGroup();
      node = new LoopbackNode(group, { frequency: FREQUENCY, take: (message) => take(message) });
      const classes = await compileJava([sourceFile('test/channel/jvm/TribesPeer.java')], classPath);
      await node.channel.start();
      jvm = new JavaProcess({
        mainClass: 'TribesPeer',
        classPath: [classes, classPath],
        jvmOptions: ['-Djava.net.preferIPv4Stack=true'],
        args: [group.address, String(group.port), String(FREQUENCY), String(randomInt(20_000, 60_000))],
      });
      const port = Number((await jvm.line(/^started/)).split(' ')[1]);
      await jvm.line(new RegExp(`^added ${node.port} ${node.channel.local.uniqueId}`));
      tomcatMember = await node.member(port);
    }

    async function stop(): Promise<void> {
      await node.channel.stop();
      await jvm.kill();
    }

    function expectNoWarnings(): void {
      const warnings = jvm.errorLines.filter((line) => /^(WARNING|SEVERE)/.test(line));
      expect(warnings.filter((line) => !OWN_WARNINGS.some((own) => own.test(line)))).to.eql([]);
      expect([...node.lines('warn'), ...node.lines('error')]).to.eql([]);
    }

    describe('as long as both are there', function () {
      this.timeout(30_000);
      before(start);
      after(stop);

      beforeEach(() => {
        take = () => true;
        node.received.length = 0;
        jvm.lines.length = 0;
      });

      it('takes messages with every option', async () => {
        for (const options of OPTIONS) {
          jvm.tell(`send ${options} string text`);
          jvm.tell(`send ${options} bytes cafebabe`);
          jvm.tell(`send ${options} object element`);
        }
        await eventually('all messages', () => node.received.length === 3 * OPTIONS.length, 10_000);
        for (const options of OPTIONS) {
          const objects = node.received.filter((message) => message.options === options);
          const bytes = node.received.filter((message) => message.options === (options | 1));
          expect(objects.some(({ payload }) => payload.equals(streamOf('text')))).to.equal(true);
          expect(objects.some(({ payload }) => payload.includes('java.util.ArrayList'))).to.equal(true);
          expect(bytes.map(({ payload }) => payload)).to.eql([CAFE]);
        }
        expect(node.received.every(({ sender }) => sender === tomcatMember)).to.equal(true);
        const acknowledged = (): number => jvm.lines.filter((line) => line.startsWith('sent')).length;
        await eventually('all are acknowledged', () => acknowledged() === 3 * OPTIONS.length);
        expectNoWarnings();
      });

      it('takes what a Tomcat sends to everybody by multicast', async () => {
        jvm.tell('send 64 string text');
        await eventually('the message', () => node.received.length === 1);
        expect(node.received.map(({ options, payload }) => ({ options, payload }))).to.eql([
          { options: 64, payload: streamOf('text') },
        ]);
      });

      it('sends messages with every option', async () => {
        for (const options of [0, ...OPTIONS]) {
          const text = `with ${options}`;
          const sent = await node.channel.send([tomcatMember], () => streamOf(text), options);
          expect(sent).to.eql({ delivered: [tomcatMember], faulty: [] });
          await jvm.line(new RegExp(`^received String ${text} from ${node.port}$`));
          await node.channel.send([tomcatMember], () => Buffer.from([options]), options | 1);
          const hex = options.toString(16).padStart(2, '0');
          await jvm.line(new RegExp(`^received bytes ${hex} from ${node.port}$`));
        }
        expectNoWarnings();
      });

      it('lets no call of an RPC service that it does not have wait', async () => {
        const declinedBefore = node.channel.statistics().rpcDeclined;
        for (const replies of [1, 2, 3]) {
          const from = jvm.lines.length;
          jvm.tell(`rpc ${replies} 2`);
          const [, answers, , after] = (await jvm.line(/^answers/, { from })).split(' ');
          expect(Number(answers)).to.equal(0);
          expect(Number(after)).to.be.below(RPC_TIMEOUT / 3);
        }
        expect(node.channel.statistics().rpcDeclined).to.equal(declinedBefore + 3);
        expectNoWarnings();
      });

      for (const kind of ['lazy', 'full']) {
        it(`lets a ${kind} replicated map start, ping and end at once`, async () => {
          const declinedBefore = node.channel.statistics().rpcDeclined;
          jvm.tell(`map ${kind} localhost#/app-map`);
          const ended = await jvm.line(/^(map ended|failed)/);
          expect(ended).to.match(/^map ended after \d+$/);
          expect(Number(ended.split(' ').at(-1))).to.be.below(RPC_TIMEOUT / 3);
          expect(jvm.lines.find((line) => line.startsWith('put'))).to.match(/^put value/);
          // INIT, START, and two pings: a map listens to members and to messages.
          expect(node.channel.statistics().rpcDeclined).to.be.at.least(declinedBefore + 4);
          expectNoWarnings();
        });
      }

      it('learns from the members in the calls of a map which Tomcat it is', () => {
        const { memberImplUid } = node.channel.dialectOf(tomcatMember);
        expect(memberImplUid).to.equal(MEMBER_IMPL_UIDS[tomcat === '9' ? 'D' : 'F']);
      });

      it('is told by FAIL_ACK that a Tomcat could not process a message, and does not doubt it', async () => {
        const { faulty } = await node.channel.send([tomcatMember], () => streamOf('fail'), 6);
        expect(faulty).to.have.nested.property('[0].cause.code', 'TRIBES_E_SEND_FAIL_ACK');
        expect(node.statistic('TcpFailureDetector', 'probesSent')).to.equal(1);
        expect(node.channel.members()).to.eql([tomcatMember]);
      });

      it('answers an acknowledged message that cannot be processed as a Tomcat does', async () => {
        take = () => Promise.reject(new Error('no space left'));
        jvm.tell('send 2 string text');
        await jvm.line(/^sent string/);
        jvm.tell('send 6 string text');
        expect(await jvm.line(/^failed send/)).to.match(/RemoteProcessException/);
        // Twice with 6: Tomcat repeats what is answered with FAIL_ACK.
        expect(node.received.map(({ options }) => options)).to.eql([2, 6, 6]);
        take = () => false;
        const from = jvm.lines.length;
        jvm.tell('send 6 string nobody');
        await jvm.line(/^sent string/, { from });
      });
    });

    describe('when one comes or goes', function () {
      this.timeout(40_000);

      beforeEach(() => {
        take = () => true;
        return start();
      });

      afterEach(stop);

      it('is found at its first heartbeat by a Tomcat that is there already', async () => {
        const later = new LoopbackNode(group, { frequency: FREQUENCY });
        try {
          await later.channel.start();
          await jvm.line(new RegExp(`^added ${later.port} ${later.channel.local.uniqueId}`));
          await later.member(tomcatMember.port);
          // Had the port been closed at the first heartbeat, the Tomcat would add us with a heartbeat of its channel, and
          // warn of it (TcpFailureDetector.performBasicCheck).
          expectNoWarnings();
        } finally {
          await later.channel.stop();
        }
      });

      it('is missed at once when it stops, and misses at once a Tomcat that stops', async () => {
        const { port } = node;
        await node.channel.stop();
        await jvm.line(new RegExp(`^disappeared ${port} BABY-ALEX$`), { withinMs: 2000 });
        await node.channel.start();
        await node.member(tomcatMember.port);
        jvm.tell('stop');
        await eventually(
          'the Tomcat is gone',
          () => node.events.includes(`-${tomcatMember.port} shutdown`),
          2000,
        );
        expectNoWarnings();
      });

      it('misses a Tomcat that is killed, after dropTime', async () => {
        await jvm.kill('SIGKILL');
        expect(node.channel.members()).to.eql([tomcatMember]);
        await eventually(
          'the Tomcat is gone',
          () => node.events.includes(`-${tomcatMember.port} expired`),
          10_000,
        );
        expect(node.channel.members()).to.eql([]);
      });

      it('misses a killed Tomcat before that when it sends to it', async () => {
        await jvm.kill('SIGKILL');
        const { faulty } = await node.channel.send([tomcatMember], () => streamOf('text'), 2);
        expect(faulty).to.have.length(1);
        await eventually('the Tomcat is gone', () => node.channel.members().length === 0, 2000);
      });

      it('keeps a Tomcat that is frozen, as a Tomcat would, until it goes on', async () => {
        const suspects = (): number | undefined => node.statistic('TcpFailureDetector', 'suspects');
        jvm.signal('SIGSTOP');
        await eventually('suspected', () => suspects() === 1, 10_000);
        expect(node.channel.members()).to.eql([tomcatMember]);
        jvm.signal('SIGCONT');
        await eventually('trusted again', () => suspects() === 0, 10_000);
        expect(node.events).to.eql([`+${tomcatMember.port}`]);
      });

      it('is missed by a Tomcat after dropTime when it is killed', async () => {
        const script = fileURLToPath(new URL('./node-process.js', import.meta.url));
        const child = spawn(process.execPath, [script, group.address, String(group.port), String(FREQUENCY)]);
        try {
          const lines = createInterface({ input: child.stdout });
          const [line] = (await once(lines, 'line')) as [string];
          const port = Number(line.split(' ')[1]);
          await jvm.line(new RegExp(`^added ${port} `));
          child.kill('SIGKILL');
          await jvm.line(new RegExp(`^disappeared ${port} $`), { withinMs: 10_000 });
          expectNoWarnings();
        } finally {
          child.kill('SIGKILL');
        }
      });
    });
  });
}
