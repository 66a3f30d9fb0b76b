import { expect } from 'chai';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { NioReceiver, PooledParallelSender, type Destination } from '../../src/transport/index.js';
import type { ChannelData } from '../../src/wire/index.js';
import { eventually } from '../support/eventually.js';
import { compileJava, describeWithJvm, JavaProcess, sourceFile } from '../support/jvm.js';
import { message } from './support.js';

const OPTIONS = [0, 2, 4, 6, 8, 10, 14];
const LARGE = 20 * 2 ** 20;

for (const tomcat of ['9', '10.1'] as const) {
  describeWithJvm(
    `transport beside a NioReceiver and PooledParallelSender of Tomcat ${tomcat}`,
    { tomcat },
    (classPath) => {
      let jvm: JavaProcess;
      let peer: Destination;

      async function startJvm(): Promise<void> {
        const classes = await compileJava([sourceFile('test/transport/jvm/TransportPeer.java')], classPath);
        jvm = new JavaProcess({ mainClass: 'TransportPeer', classPath: [classes, classPath] });
        const port = Number((await jvm.line(/^listens \d+$/)).split(' ')[1]);
        peer = { key: `127.0.0.1:${port}`, host: '127.0.0.1', port };
      }

      describe('our receiver', () => {
        const received: ChannelData[] = [];
        let receiver: NioReceiver;

        before(async function () {
          this.timeout(60_000);
          await startJvm();
          receiver = new NioReceiver({
            clock: systemClock,
            logger: silentLogger,
            settings: { address: '127.0.0.1', port: 0 },
          });
          await receiver.start((data) => {
            received.push(data);
            if (data.message.toString('latin1', 0, 5) === 'fails') {
              throw new Error('listener');
            }
          });
        });

        beforeEach(() => {
          received.length = 0;
        });

        after(async function () {
          this.timeout(60_000);
          await jvm.kill();
          await receiver.stop();
        });

        /** What became of the messages: `sent`, or the name of the exception. */
        async function outcomes(
          options: number,
          count: number,
          size: number,
          text: string,
        ): Promise<string[]> {
          const from = jvm.lines.length;
          jvm.tell(`send ${receiver.address.port} ${options} ${count} ${size} ${text}`);
          const told = (): string[] => jvm.lines.slice(from).filter((line) => /^(sent|failed) /.test(line));
          await eventually('all outcomes', () => told().length === count, 20_000);
          return told().map((line) => line.replace(/ \d+/, ''));
        }

        for (const options of OPTIONS) {
          it(`takes options ${options} to its satisfaction`, async () => {
            expect(new Set(await outcomes(options, 40, 1000, 'text'))).to.eql(new Set(['sent']));
            await eventually('all', () => received.length === 40);
            expect(new Set(received.map((data) => data.options))).to.eql(new Set([options]));
            expect(received[0]?.member.port).to.equal(peer.port);
          });
        }

        it('takes large messages', async function () {
          this.timeout(30_000);
          expect(await outcomes(6, 3, LARGE, 'large')).to.eql(['sent', 'sent', 'sent']);
          expect(received.map((data) => data.message.length)).to.eql([LARGE, LARGE, LARGE]);
        });

        it('has had nothing to complain of', () => {
          expect(receiver.statistics).to.include({ garbage: 0, brokenFrames: 0, heldBytes: 0 });
          expect(jvm.errorLines.filter((line) => /^(WARNING|SEVERE)/.test(line))).to.eql([]);
        });

        for (const options of [0, 2, 4, 8, 10]) {
          it(`does not tell it of a failure with options ${options}`, async () => {
            expect(await outcomes(options, 1, 100, 'fails')).to.eql(['sent']);
            await eventually('the message', () => received.length === 1);
          });
        }

        for (const options of [6, 14]) {
          it(`tells it of a failure with options ${options}, so that it sends twice and fails`, async () => {
            expect(await outcomes(options, 1, 100, 'fails')).to.eql(['failed RemoteProcessException']);
            expect(received.length).to.equal(2);
            expect(received[0]?.uniqueId).to.equal(received[1]?.uniqueId);
          });
        }
      });

      describe('our sender', () => {
        let sender: PooledParallelSender;

        before(async function () {
          this.timeout(60_000);
          await startJvm();
          sender = new PooledParallelSender({ clock: systemClock, logger: silentLogger });
          await sender.start();
        });

        after(async function () {
          this.timeout(60_000);
          await jvm.kill();
          await sender.stop();
        });

        const send = async (text: string, options: number, size = 100): Promise<string[]> => {
          const payload = Buffer.alloc(size);
          payload.write(text);
          const faulty = await sender.send([peer], message(payload, options));
          return faulty.map(({ cause }) => ('code' in cause ? String(cause.code) : cause.message));
        };

        const arrived = (text: string): string[] => jvm.lines.filter((line) => line.endsWith(` ${text}`));

        for (const options of OPTIONS) {
          it(`delivers options ${options}`, async () => {
            const texts = Array.from({ length: 40 }, (_, i) => `options ${options} no ${i}`);
            expect((await Promise.all(texts.map((text) => send(text, options)))).flat()).to.eql([]);
            await eventually('all', () => texts.every((text) => arrived(text).length === 1));
          });
        }

        for (const options of [0, 2, 4, 8, 10]) {
          it(`does not hear of a failure with options ${options}`, async () => {
            expect(await send(`fails ${options}`, options)).to.eql([]);
            await eventually('it arrives', () => arrived(`fails ${options}`).length === 1);
          });
        }

        for (const options of [6, 14]) {
          it(`hears of a failure with options ${options}, and sends twice`, async () => {
            expect(await send(`fails ${options}`, options)).to.eql(['TRIBES_E_SEND_FAIL_ACK']);
            await eventually('both have arrived', () => arrived(`fails ${options}`).length === 2);
          });
        }

        it('delivers large messages', async () => {
          expect(await send('large', 6, LARGE)).to.eql([]);
          await eventually('it arrives', () => arrived('large').length === 1);
          expect(arrived('large')[0]).to.contain(` ${LARGE} `);
        });

        it('gives up a Tomcat that is frozen, and finds it again', async () => {
          jvm.signal('SIGSTOP');
          // The signal may take a moment to stop all threads.
          let codes = await send('frozen', 6);
          for (let attempt = 1; attempt < 20 && codes.length === 0; attempt++) {
            codes = await send('frozen', 6);
          }
          expect(codes).to.eql(['TRIBES_E_SEND_TIMEOUT']);
          jvm.signal('SIGCONT');
          expect(await send('thawed', 6)).to.eql([]);
        });

        it('fails when the Tomcat is killed', async () => {
          await jvm.kill();
          expect(await send('gone', 6)).to.eql(['TRIBES_E_SEND_REFUSED']);
        });
      });
    },
  );
}
