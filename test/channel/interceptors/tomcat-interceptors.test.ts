import { expect } from 'chai';
import { eventually } from '../../support/eventually.js';
import { describeWithJvm } from '../../support/jvm.js';
import { randomGroup, type LoopbackNode } from '../loopback-node.js';
import { nodeWith, streamOf, TomcatPeer, withOurs } from './tomcat-peer.js';

const KEY = 'cafebabedeadbeefcafebabedeadbeef';
const OTHER_KEY = 'deadbeefcafebabedeadbeefcafebabe';

/** Stacks that both sides have, in the form of our settings; the order is that of server.xml. */
const STACKS: readonly string[] = [
  'GzipInterceptor(compressionMinSize=100,statsEnabled=true),MessageDispatchInterceptor,TcpFailureDetector',
  'GzipInterceptor(optionFlag=512),TcpFailureDetector,MessageDispatchInterceptor',
  'FragmentationInterceptor(maxSize=10000),MessageDispatchInterceptor,TcpFailureDetector',
  'MessageDispatchInterceptor,TcpFailureDetector,FragmentationInterceptor(maxSize=20000)',
  'OrderInterceptor(expire=5000),MessageDispatchInterceptor,TcpFailureDetector',
  'MessageDispatchInterceptor,TcpFailureDetector,OrderInterceptor',
  'ThroughputInterceptor(interval=5),DomainFilterInterceptor(domain=east),MessageDispatchInterceptor,TcpFailureDetector',
  `EncryptInterceptor(encryptionAlgorithm=AES/GCM/NoPadding,encryptionKey=${KEY}),MessageDispatchInterceptor,TcpFailureDetector`,
  `EncryptInterceptor(encryptionAlgorithm=AES/CBC/PKCS5Padding,encryptionKey=${KEY}${KEY}),TcpFailureDetector`,
  `EncryptInterceptor(encryptionAlgorithm=AES/CFB/PKCS5Padding,encryptionKey=${KEY}),TcpFailureDetector`,
  `GzipInterceptor,FragmentationInterceptor(maxSize=50),EncryptInterceptor(encryptionAlgorithm=AES/OFB/PKCS5Padding,encryptionKey=${KEY}),OrderInterceptor,MessageDispatchInterceptor,TcpFailureDetector`,
  'SimpleCoordinator,TcpPingInterceptor(useThread=true,interval=200),MessageDispatchInterceptor',
  'TwoPhaseCommitInterceptor(expire=5000),MessageDispatchInterceptor,TcpFailureDetector',
  'MessageDispatchInterceptor,TwoPhaseCommitInterceptor,TcpFailureDetector',
  'OrderInterceptor,GzipInterceptor,FragmentationInterceptor(maxSize=100),MessageDispatchInterceptor,TcpFailureDetector,ThroughputInterceptor',
];

/** What the releases on this machine encrypt: 10.1.60 and 9.0.70. */
const FORMS = { '10.1': 'timestamp', '9': 'plain' } as const;
const ENCRYPTED = `EncryptInterceptor(encryptionAlgorithm=AES/GCM/NoPadding,encryptionKey=${KEY}),MessageDispatchInterceptor,TcpFailureDetector`;

/** Options with which a Tomcat has a message before its confirmation: it processes messages side by side. */
const CONFIRMED = [6, 14];

const DOMAIN = 'east';
const LONG = 300_000;

/** The second one a Tomcat logs for each probe where TcpFailureDetector is above FragmentationInterceptor, of other Tomcats too. */
const OWN_WARNINGS = [
  /No utility executor was set/,
  /Processing of cluster message failed/,
  /using the insecure algorithm/,
];

/** Of a stack as it is started. */
const OUR_WARNINGS = [/does not notice changed messages/, /messages without time stamps are taken/];

function ourComplaints(node: LoopbackNode): unknown[] {
  const all = [...node.lines('warn'), ...node.lines('error')];
  return all.filter(({ message }) => !OUR_WARNINGS.some((own) => own.test(message)));
}

/** String.hashCode. */
function hashCode(text: string): number {
  return Buffer.from(text, 'latin1').reduce((hash, unit) => (Math.imul(hash, 31) + unit) | 0, 0);
}

for (const tomcat of ['10.1', '9'] as const) {
  describeWithJvm(`a GroupChannel of Tomcat ${tomcat}`, { tomcat }, (classPath) => {
    // All others are the same bytes in both.
    const stacks = tomcat === '9' ? STACKS.filter((stack) => /Encrypt|Order.*Gzip/.test(stack)) : STACKS;
    for (const stack of stacks) {
      describe(`and ours, both with ${stack}`, function () {
        this.timeout(30_000);
        let node: LoopbackNode;
        let peer: TomcatPeer;

        before(async () => {
          const group = randomGroup();
          const domain = stack.includes('DomainFilter') ? DOMAIN : '';
          node = nodeWith(group, withOurs(stack, 'EncryptInterceptor', { wireForm: FORMS[tomcat] }), domain);
          await node.channel.start();
          peer = await TomcatPeer.start(group, classPath, { stack, node, domain });
        });

        after(async () => {
          await node.channel.stop();
          await peer.jvm.kill();
        });

        it('exchange messages with every option, short and long', async () => {
          const { jvm, member } = peer;
          for (const options of [2, 6, 8, 14]) {
            jvm.tell(`send ${options} string text`);
            jvm.tell(`send ${options} bytes cafebabe`);
            jvm.tell(`send ${options} long ${LONG}`);
          }
          await eventually('all messages', () => node.received.length === 12, 15_000);
          for (const payload of [
            streamOf('text'),
            Buffer.from('cafebabe', 'hex'),
            streamOf('x'.repeat(LONG)),
          ]) {
            expect(node.received.filter((message) => message.payload.equals(payload))).to.have.length(4);
          }
          const text = 'a long text '.repeat(20_000);
          for (const options of stack.includes('TwoPhase') ? CONFIRMED : [0, 2, 6, 8, 14]) {
            const from = jvm.lines.length;
            await node.channel.send([member], () => streamOf(`with ${options}`), options);
            await node.channel.send([member], () => streamOf(text), options);
            await node.channel.send([member], () => Buffer.from([options]), options | 1);
            for (const said of [
              `String with ${options}`,
              `long ${text.length} ${hashCode(text)}`,
              `bytes 0?${options.toString(16)}`,
            ]) {
              await jvm.line(new RegExp(`^received ${said} from ${node.port}$`), { from });
            }
          }
          const warnings = jvm.errorLines.filter((line) => /^(WARNING|SEVERE)/.test(line));
          expect(warnings.filter((line) => !OWN_WARNINGS.some((own) => own.test(line)))).to.eql([]);
          expect(ourComplaints(node)).to.eql([]);
        });
      });
    }

    it('whose form of encryption is learned, and who is told to have another key', async function () {
      this.timeout(40_000);
      const group = randomGroup();
      const node = nodeWith(group, withOurs(ENCRYPTED, 'EncryptInterceptor', { wireForm: 'auto' }));
      await node.channel.start();
      const { jvm, member } = await TomcatPeer.start(group, classPath, { stack: ENCRYPTED, node });
      const foreign = await TomcatPeer.start(group, classPath, {
        stack: ENCRYPTED.replace(KEY, OTHER_KEY),
        node,
      });
      try {
        // Nothing is known of it yet: it understands one of two.
        await node.channel.send([member], () => streamOf('first'), 2);
        await jvm.line(/^received String first/);
        jvm.tell('send 2 string text');
        await eventually('the message', () => node.received.length === 1);
        const complaints = jvm.errorLines.length;
        await node.channel.send([member], () => streamOf('second'), 2);
        await jvm.line(/^received String second/);
        expect(jvm.errorLines.slice(complaints)).to.eql([]);
        expect(jvm.lines.filter((line) => line.includes('String'))).to.have.length(2);
        expect(node.statistic('EncryptInterceptor', 'dropped')).to.equal(0);
        foreign.jvm.tell('send 2 string text');
        await eventually('dropped', () => node.statistic('EncryptInterceptor', 'dropped') === 1);
        expect(node.lines('error')).to.have.length(1);
        expect(node.lines('error')[0]?.fields).to.include({ member: foreign.member.name });
        expect(node.channel.problemOf(foreign.member)).to.match(/another encryptionKey/);
        expect(node.channel.problemOf(member)).to.equal(null);
        expect(node.received).to.have.length(1);
      } finally {
        await node.channel.stop();
        await jvm.kill();
        await foreign.jvm.kill();
      }
    });
  });
}

describeWithJvm('Tomcat 9.0.70 and 10.1.60 in one cluster', { tomcat: '9' }, (oldPath) => {
  describeWithJvm('with EncryptInterceptors, beside ours', { tomcat: '10.1' }, (newPath) => {
    it('exchange messages with it, each in its form', async function () {
      this.timeout(40_000);
      const group = randomGroup();
      const node = nodeWith(group, withOurs(ENCRYPTED, 'EncryptInterceptor', { wireForm: 'auto' }));
      await node.channel.start();
      const peers = [
        await TomcatPeer.start(group, oldPath, { stack: ENCRYPTED, node }),
        await TomcatPeer.start(group, newPath, { stack: ENCRYPTED, node }),
      ];
      try {
        peers.forEach(({ jvm }) => jvm.tell('send 2 string text'));
        await eventually('a message of each', () => node.received.length === 2, 10_000);
        const members = peers.map(({ member }) => member);
        const { delivered } = await node.channel.send(members, () => streamOf('for all'), 2);
        expect(delivered).to.have.members(members);
        for (const { jvm } of peers) {
          await jvm.line(new RegExp(`^received String for all from ${node.port}$`));
        }
        expect(node.statistic('EncryptInterceptor', 'encrypted')).to.equal(2);
        expect(ourComplaints(node)).to.eql([]);
      } finally {
        await node.channel.stop();
        await Promise.all(peers.map(({ jvm }) => jvm.kill()));
      }
    });
  });
});
