import { expect } from 'chai';
import { randomInt } from 'node:crypto';
import { interceptorFactory } from '../../../src/channel/index.js';
import { parseInterceptors } from '../../../src/config/interceptor-text.js';
import { silentLogger, systemClock } from '../../../src/base/index.js';
import { McastService, type Member } from '../../../src/membership/index.js';
import { eventually } from '../../support/eventually.js';
import { compileJava, describeWithJvm, JavaProcess, sourceFile } from '../../support/jvm.js';
import { LoopbackNode, randomGroup } from '../loopback-node.js';

/** Stacks that both sides have, in the form of our settings; the order is that of server.xml. */
const STACKS: readonly string[] = [
  'GzipInterceptor(compressionMinSize=100,statsEnabled=true),MessageDispatchInterceptor,TcpFailureDetector',
  'GzipInterceptor(optionFlag=512),TcpFailureDetector,MessageDispatchInterceptor',
  'FragmentationInterceptor(maxSize=10000),MessageDispatchInterceptor,TcpFailureDetector',
  'MessageDispatchInterceptor,TcpFailureDetector,FragmentationInterceptor(maxSize=20000)',
  'OrderInterceptor(expire=5000),MessageDispatchInterceptor,TcpFailureDetector',
  'MessageDispatchInterceptor,TcpFailureDetector,OrderInterceptor',
  'ThroughputInterceptor(interval=5),DomainFilterInterceptor(domain=east),MessageDispatchInterceptor,TcpFailureDetector',
  'OrderInterceptor,GzipInterceptor,FragmentationInterceptor(maxSize=100),MessageDispatchInterceptor,TcpFailureDetector,ThroughputInterceptor',
];

const FREQUENCY = 100;
const DOMAIN = 'east';
const LONG = 300_000;
/** The second one a Tomcat logs for each probe where TcpFailureDetector is above FragmentationInterceptor, of other Tomcats too. */
const OWN_WARNINGS = [/No utility executor was set/, /Processing of cluster message failed/];

/** The Java stream of a string of 65,535 bytes and more, or fewer. */
function streamOf(text: string): Buffer {
  const isLong = text.length > 65_535;
  const head = Buffer.alloc(isLong ? 13 : 7);
  head.write('aced0005', 'hex');
  head[4] = isLong ? 0x7c : 0x74;
  if (isLong) {
    head.writeBigUInt64BE(BigInt(text.length), 5);
  } else {
    head.writeUInt16BE(text.length, 5);
  }
  return Buffer.concat([head, Buffer.from(text)]);
}

/** String.hashCode. */
function hashCode(text: string): number {
  return Buffer.from(text, 'latin1').reduce((hash, unit) => (Math.imul(hash, 31) + unit) | 0, 0);
}

for (const tomcat of ['10.1', '9'] as const) {
  describeWithJvm(`a GroupChannel of Tomcat ${tomcat}`, { tomcat }, (classPath) => {
    for (const stack of STACKS) {
      describe(`and ours, both with ${stack}`, function () {
        this.timeout(30_000);
        let node: LoopbackNode;
        let jvm: JavaProcess;
        let peer: Member;

        before(async () => {
          const group = randomGroup();
          const specs = parseInterceptors(stack) ?? [];
          const domain = stack.includes('DomainFilter') ? DOMAIN : '';
          const settings = { ...group, bind: '127.0.0.1', frequency: FREQUENCY, domain };
          node = new LoopbackNode(group, {
            interceptors: specs.map(interceptorFactory),
            createMembership: (onBroadcast) =>
              new McastService({ clock: systemClock, logger: silentLogger, settings, onBroadcast }),
          });
          await node.channel.start();
          const described = specs.map(({ className, attributes = new Map<string, string>() }) =>
            [className, ...[...attributes].map(([name, value]) => `${name}=${value}`)].join(';'),
          );
          const classes = await compileJava([sourceFile('test/channel/jvm/TribesPeer.java')], classPath);
          jvm = new JavaProcess({
            mainClass: 'TribesPeer',
            classPath: [classes, classPath],
            jvmOptions: ['-Djava.net.preferIPv4Stack=true'],
            args: [
              group.address,
              String(group.port),
              String(FREQUENCY),
              String(randomInt(20_000, 60_000)),
              ...(domain === '' ? [] : [`domain=${domain}`]),
              ...described,
            ],
          });
          const port = Number((await jvm.line(/^started/)).split(' ')[1]);
          await jvm.line(new RegExp(`^added ${node.port} `));
          peer = await node.member(port);
        });

        after(async () => {
          await node.channel.stop();
          await jvm.kill();
        });

        it('exchange messages with every option, short and long', async () => {
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
          for (const options of [0, 2, 6, 8, 14]) {
            const from = jvm.lines.length;
            await node.channel.send([peer], () => streamOf(`with ${options}`), options);
            await node.channel.send([peer], () => streamOf(text), options);
            await node.channel.send([peer], () => Buffer.from([options]), options | 1);
            await jvm.line(new RegExp(`^received String with ${options} from ${node.port}$`), { from });
            await jvm.line(new RegExp(`^received long ${text.length} ${hashCode(text)} from ${node.port}$`), {
              from,
            });
            await jvm.line(new RegExp(`^received bytes 0?${options.toString(16)} from ${node.port}$`), {
              from,
            });
          }
          const warnings = jvm.errorLines.filter((line) => /^(WARNING|SEVERE)/.test(line));
          expect(warnings.filter((line) => !OWN_WARNINGS.some((own) => own.test(line)))).to.eql([]);
          expect([...node.lines('warn'), ...node.lines('error')]).to.eql([]);
        });
      });
    }
  });
}
