import { expect } from 'chai';
import { randomInt } from 'node:crypto';
import type { Mirror } from '../../src/library/index.js';
import { eventually } from '../support/eventually.js';
import { compileJava, describeWithJvm, JavaProcess, sourceFile } from '../support/jvm.js';
import { ProgramCluster } from './program.js';

for (const tomcat of ['9', '10.1'] as const) {
  describeWithJvm(
    `messages of a program as datagrams, beside a GroupChannel of Tomcat ${tomcat}`,
    { tomcat },
    (classPath) => {
      let cluster: ProgramCluster;
      let mirror: Mirror;
      let jvm: JavaProcess;
      let heard: unknown[];

      before(async function () {
        this.timeout(60_000);
        cluster = new ProgramCluster();
        mirror = await cluster.join('one', {
          write: { enabled: true },
          receiver: { address: '127.0.0.1', port: 0, udpPort: 0 },
        });
        mirror.channel.on('message', ({ value, options }) => void heard.push([options & ~1, value]));
        const classes = await compileJava([sourceFile('test/channel/jvm/TribesPeer.java')], classPath);
        const { address, port } = cluster.group;
        jvm = new JavaProcess({
          mainClass: 'TribesPeer',
          classPath: [classes, classPath],
          jvmOptions: ['-Djava.net.preferIPv4Stack=true'],
          args: [
            ...[address, String(port), '50', String(randomInt(20_000, 30_000))],
            ...[`udp=${randomInt(30_000, 40_000)}`, 'MessageDispatchInterceptor', 'TcpFailureDetector'],
          ],
        });
        await jvm.line(new RegExp(`^added ${mirror.local.port} `));
        await eventually('it is known', () => mirror.members.length === 1);
      });

      beforeEach(() => {
        heard = [];
        jvm.lines.length = 0;
      });

      after(async () => {
        await cluster.stop();
        await jvm.kill();
      });

      for (const options of ['udp', 'use_ack, sync, udp', 'async, udp', 'multicast', 'secure']) {
        it(`reach it with ${options}`, async () => {
          expect((await mirror.channel.send('text', { options })).unreached).to.eql([]);
          await jvm.line(new RegExp(`^received String text from ${mirror.local.port}$`));
          await mirror.channel.send(Buffer.from('cafebabe', 'hex'), { options });
          await jvm.line(new RegExp(`^received bytes cafebabe from ${mirror.local.port}$`));
        });
      }

      it('come from it', async () => {
        for (const bits of [32, 38, 64]) {
          jvm.tell(`send ${bits} string text`);
          jvm.tell(`send ${bits} bytes cafebabe`);
          await eventually(`both with ${bits}`, () => heard.length === 2);
          expect(heard.splice(0)).to.have.deep.members([
            [bits, 'text'],
            [bits, Buffer.from('cafebabe', 'hex')],
          ]);
        }
      });

      it('are said not to have reached it when they are too large', async () => {
        const { delivered, unreached } = await mirror.channel.send(Buffer.alloc(70_000), { options: 'udp' });
        expect(delivered).to.eql([]);
        expect(unreached.map(({ member }) => member.port)).to.eql(mirror.members.map(({ port }) => port));
        expect(unreached[0]?.cause).to.include({ code: 'TRIBES_E_SEND_TOO_LARGE' });
      });
    },
  );
}
