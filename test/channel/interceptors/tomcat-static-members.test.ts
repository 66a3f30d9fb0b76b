import { expect } from 'chai';
import { randomInt } from 'node:crypto';
import { silentLogger, systemClock, uniqueId } from '../../../src/base/index.js';
import { interceptorFactory, localUniqueId } from '../../../src/channel/index.js';
import { McastService, StartLevel } from '../../../src/membership/index.js';
import { NioReceiver } from '../../../src/transport/index.js';
import { eventually } from '../../support/eventually.js';
import { compileJava, describeWithJvm, JavaProcess, sourceFile } from '../../support/jvm.js';
import { LoopbackNode, randomGroup } from '../loopback-node.js';
import { specsOf, streamOf } from './tomcat-peer.js';

const OUR_ID = Buffer.from(Array.from({ length: 16 }, (_, at) => at));
const THEIR_ID = Buffer.from(Array.from({ length: 16 }, (_, at) => at + 16));

for (const tomcat of ['9', '10.1'] as const) {
  describeWithJvm(`a StaticMembershipInterceptor of Tomcat ${tomcat}`, { tomcat }, (classPath) => {
    const byteList = (id: Buffer): string => `{${id.join(',')}}`;

    function start(port: number, theirPort: number): LoopbackNode {
      const group = randomGroup();
      const clock = systemClock;
      const logger = silentLogger;
      const members = `localhost:${theirPort}?uniqueId=${byteList(THEIR_ID)}`;
      const stack = `TcpPingInterceptor,TcpFailureDetector,StaticMembershipInterceptor(members="${members}",uniqueId=${byteList(OUR_ID)})`;
      const specs = specsOf(stack);
      const settings = { ...group, bind: '127.0.0.1', frequency: 100 };
      return new LoopbackNode(group, {
        interceptors: specs.map(interceptorFactory),
        heartbeatSleeptime: 500,
        startLevel: StartLevel.SND_RX | StartLevel.SND_TX,
        receiver: new NioReceiver({ clock, logger, settings: { address: '127.0.0.1', port, autoBind: 1 } }),
        createMembership: (onBroadcast) =>
          new McastService({
            clock,
            logger,
            settings,
            onBroadcast,
            uniqueId: localUniqueId(specs) ?? uniqueId(THEIR_ID),
          }),
      });
    }

    it('and ours, where it has a name, find each other without any membership, and notice a stop and a crash', async function () {
      this.timeout(90_000);
      const [ourPort, theirPort] = [randomInt(20_000, 40_000), randomInt(40_001, 60_000)];
      const classes = await compileJava([sourceFile('test/channel/jvm/TribesPeer.java')], classPath);
      const { address, port } = randomGroup();
      const startJava = (): JavaProcess =>
        new JavaProcess({
          mainClass: 'TribesPeer',
          classPath: [classes, classPath],
          jvmOptions: ['-Djava.net.preferIPv4Stack=true'],
          args: [
            ...[address, String(port), '100', String(theirPort), 'TcpPingInterceptor', 'TcpFailureDetector'],
            'start=3',
            `StaticMembershipInterceptor;localMember=${byteList(THEIR_ID)};member=${ourPort}:${byteList(OUR_ID)}`,
          ],
        });
      const node = start(ourPort, theirPort);
      let java = startJava();
      try {
        await java.line(/^started/);
        await node.channel.start();
        await java.line(new RegExp(`^added ${ourPort} ${OUR_ID.toString('hex')}`));
        const member = await node.member(theirPort);
        const { delivered } = await node.channel.send([member], () => streamOf('hello'), 2);
        expect(delivered).to.eql([member]);
        await java.line(new RegExp(`^received String hello from ${ourPort}$`));
        java.tell('send 2 string text');
        await eventually('their message', () => node.received.length === 1);
        expect(node.received[0]?.sender.key).to.equal(member.key);

        java.tell('stop');
        await java.line(/^stopped/);
        await eventually('their stop', () => node.events.includes(`-${theirPort} shutdown`), 10_000);
        java = startJava();
        await java.line(/^started/);
        await node.member(theirPort);
        await java.line(new RegExp(`^added ${ourPort} `));
        await java.kill();
        await eventually('their crash', () => node.events.includes(`-${theirPort} expired`), 10_000);
        java = startJava();
        await java.line(new RegExp(`^added ${ourPort} `));
        await node.channel.stop();
        await java.line(new RegExp(`^disappeared ${ourPort} BABY-ALEX`));
      } finally {
        await node.channel.stop();
        await java.kill();
      }
    });
  });
}
