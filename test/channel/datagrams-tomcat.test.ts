import { expect } from 'chai';
import { randomInt } from 'node:crypto';
import type { Member } from '../../src/membership/index.js';
import { eventually } from '../support/eventually.js';
import { compileJava, describeWithJvm, JavaProcess, sourceFile } from '../support/jvm.js';
import { LoopbackNode, randomGroup } from './loopback-node.js';

/** Milliseconds between heartbeats of the membership: a start takes four times that. */
const FREQUENCY = 100;

const [ACK_FIRST, ACK_AFTER, ASYNC, SECURE, UDP, MULTICAST] = [2, 6, 8, 16, 32, 64];

const BY_UDP = [0, ACK_FIRST, ACK_AFTER, ASYNC, ASYNC | ACK_AFTER, SECURE].map((options) => options | UDP);
const BY_MULTICAST = [0, ACK_AFTER, ASYNC, SECURE, UDP].map((options) => options | MULTICAST);

function streamOf(text: string): Buffer {
  const head = Buffer.from('aced0005740000', 'hex');
  head.writeUInt16BE(text.length, 5);
  return Buffer.concat([head, Buffer.from(text)]);
}

for (const tomcat of ['9', '10.1'] as const) {
  // A Tomcat that has sent to a member over TCP may fail to send to it by UDP (test/transport/tomcat.test.ts): this one sends
  // nothing else.
  describeWithJvm(`datagrams beside a GroupChannel of Tomcat ${tomcat}`, { tomcat }, (classPath) => {
    let node: LoopbackNode;
    let jvm: JavaProcess;
    let tomcatMember: Member;

    before(async function () {
      this.timeout(60_000);
      const group = randomGroup();
      node = new LoopbackNode(group, {
        frequency: FREQUENCY,
        udpPort: 0,
        take: ({ payload }) => {
          if (payload.equals(streamOf('fail'))) {
            throw new Error('as told');
          }
          return true;
        },
      });
      const classes = await compileJava([sourceFile('test/channel/jvm/TribesPeer.java')], classPath);
      await node.channel.start();
      const ports = [randomInt(20_000, 30_000), randomInt(30_000, 40_000)];
      jvm = new JavaProcess({
        mainClass: 'TribesPeer',
        classPath: [classes, classPath],
        jvmOptions: ['-Djava.net.preferIPv4Stack=true'],
        args: [
          ...[group.address, String(group.port), String(FREQUENCY), String(ports[0]), `udp=${ports[1]}`],
          ...['MessageDispatchInterceptor', 'TcpFailureDetector'],
        ],
      });
      const port = Number((await jvm.line(/^started/)).split(' ')[1]);
      await jvm.line(new RegExp(`^added ${node.port} `));
      tomcatMember = await node.member(port);
      expect(tomcatMember.udpPort).to.be.within(ports[1] ?? 0, (ports[1] ?? 0) + 99);
    });

    after(async () => {
      await node.channel.stop();
      await jvm.kill();
    });

    beforeEach(() => {
      node.received.length = 0;
      jvm.lines.length = 0;
    });

    function expectNoWarnings(): void {
      const warnings = jvm.errorLines.filter((line) => /^(WARNING|SEVERE)/.test(line));
      expect(warnings.filter((line) => !line.includes('No utility executor was set'))).to.eql([]);
      expect([...node.lines('warn'), ...node.lines('error')]).to.eql([]);
    }

    for (const options of [...BY_UDP, ...BY_MULTICAST]) {
      it(`takes objects and bytes with options ${options}`, async () => {
        jvm.tell(`send ${options} string text`);
        jvm.tell(`send ${options} bytes cafebabe`);
        await eventually('both', () => node.received.length === 2);
        const found = node.received.map((message) => [message.options, message.payload.toString('hex')]);
        // Of two asynchronous ones, a Tomcat sends either first.
        expect(found.sort()).to.eql([
          [options, streamOf('text').toString('hex')],
          [options | 1, 'cafebabe'],
        ]);
        expect(node.received.every(({ sender }) => sender === tomcatMember)).to.equal(true);
        await eventually('sent', () => jvm.lines.filter((line) => line.startsWith('sent')).length === 2);
        expectNoWarnings();
      });

      it(`sends objects and bytes with options ${options}`, async () => {
        const sent = await node.channel.send([tomcatMember], () => streamOf(`with ${options}`), options);
        expect(sent).to.eql({ delivered: [tomcatMember], faulty: [] });
        await jvm.line(new RegExp(`^received String with ${options} from ${node.port}$`));
        await node.channel.send([tomcatMember], () => Buffer.from([options]), options | 1);
        await jvm.line(
          new RegExp(`^received bytes ${options.toString(16).padStart(2, '0')} from ${node.port}$`),
        );
        expectNoWarnings();
      });
    }

    it('does not hear its own multicasts, and each Tomcat hears one once', async () => {
      await node.channel.send([tomcatMember], () => streamOf('once'), MULTICAST);
      await jvm.line(/^received String once/);
      // What comes behind it on the same socket has been heard by then.
      await node.channel.send([tomcatMember], () => streamOf('behind'), MULTICAST);
      await jvm.line(/^received String behind/);
      expect(jvm.lines.filter((line) => line.startsWith('received'))).to.have.length(2);
      expect(node.received).to.eql([]);
    });

    it('hears of a failure by UDP, and not by multicast', async () => {
      const { faulty } = await node.channel.send([tomcatMember], () => streamOf('fail'), ACK_AFTER | UDP);
      expect(faulty).to.have.nested.property('[0].cause.code', 'TRIBES_E_SEND_FAIL_ACK');
      const multicast = await node.channel.send(
        [tomcatMember],
        () => streamOf('fail'),
        ACK_AFTER | MULTICAST,
      );
      expect(multicast.faulty).to.eql([]);
      await eventually('it has come', () => jvm.lines.filter((line) => line.includes(' fail ')).length === 3);
    });

    it('tells a Tomcat of a failure by UDP, and not by multicast', async () => {
      jvm.tell(`send ${ACK_AFTER | UDP} string fail`);
      expect(await jvm.line(/^(sent|failed)/)).to.match(/^failed send .*RemoteProcessException/);
      const from = jvm.lines.length;
      jvm.tell(`send ${ACK_AFTER | MULTICAST} string fail`);
      expect(await jvm.line(/^(sent|failed)/, { from })).to.equal('sent string');
    });

    it('refuses what does not fit, as a Tomcat does, and keeps the member', async () => {
      for (const options of [UDP, MULTICAST]) {
        const large = Buffer.alloc(65_507);
        const { faulty } = await node.channel.send([tomcatMember], () => large, options | 1);
        expect(faulty).to.have.nested.property('[0].cause.code', 'TRIBES_E_SEND_TOO_LARGE');
        jvm.tell(`send ${options} long 65536`);
        await eventually('refused', () => jvm.lines.some((line) => line.startsWith('failed send')), 10_000);
        jvm.lines.length = 0;
      }
      expect(node.channel.members()).to.eql([tomcatMember]);
      expect(node.statistic('TcpFailureDetector', 'suspects')).to.equal(0);
    });
  });
}
