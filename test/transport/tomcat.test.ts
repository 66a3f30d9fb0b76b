import { expect } from 'chai';
import { setTimeout as pause } from 'node:timers/promises';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { NioReceiver, PooledParallelSender, type Destination } from '../../src/transport/index.js';
import type { ChannelData } from '../../src/wire/index.js';
import { eventually } from '../support/eventually.js';
import { compileJava, describeWithJvm, JavaProcess, sourceFile } from '../support/jvm.js';
import { ACK_AFTER, ACK_FIRST, DatagramWire, frame, message } from './support.js';

const OPTIONS = [0, 2, 4, 6, 8, 10, 14];
const UDP = 32;

/** With the header of a Tomcat's message and its frame, of which that of a test of ours has as many bytes. */
const LARGEST_BY_UDP = 65_507 - frame('').length;
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
        const [, port, udpPort] = (await jvm.line(/^listens \d+ \d+$/)).split(' ').map(Number);
        peer = { key: `127.0.0.1:${port}`, host: '127.0.0.1', port: port ?? 0, udpPort: udpPort ?? 0 };
      }

      describe('our receiver', () => {
        const received: ChannelData[] = [];
        let receiver: NioReceiver;

        async function startBoth(): Promise<void> {
          await startJvm();
          receiver = new NioReceiver({
            clock: systemClock,
            logger: silentLogger,
            settings: { address: '127.0.0.1', port: 0, udpPort: 0 },
          });
          await receiver.start((data) => {
            received.push(data);
            if (data.message.toString('latin1', 0, 5) === 'fails') {
              throw new Error('listener');
            }
          });
        }

        beforeEach(() => {
          received.length = 0;
        });

        /** What became of the messages: `sent`, or the name of the exception. */
        async function outcomes(
          options: number,
          count: number,
          size: number,
          text: string,
        ): Promise<string[]> {
          const { port, udpPort } = receiver.address;
          const from = jvm.lines.length;
          jvm.tell(`send ${port}/${udpPort} ${options} ${count} ${size} ${text}`);
          const told = (): string[] => jvm.lines.slice(from).filter((line) => /^(sent|failed) /.test(line));
          await eventually('all outcomes', () => told().length === count, 20_000);
          return told().map((line) => line.replace(/ \d+/, ''));
        }

        // A PooledParallelSender with a TCP connection to a member open fails with a NullPointerException when that connection's
        // turn has come and the message is to go by UDP: each has a JVM to itself.
        for (const [transport, bit] of [
          ['over TCP', 0],
          ['by UDP', UDP],
        ] as const) {
          describe(transport, () => {
            before(async function () {
              this.timeout(60_000);
              await startBoth();
            });

            after(async function () {
              this.timeout(60_000);
              await jvm.kill();
              await receiver.stop();
            });

            for (const options of OPTIONS.map((bits) => bits | bit)) {
              it(`takes options ${options} to its satisfaction`, async () => {
                const { datagrams } = receiver.statistics;
                // Each from a thread of its own, by UDP with a socket of its own.
                const count = bit === UDP ? 10 : 40;
                expect(new Set(await outcomes(options, count, 1000, 'text'))).to.eql(new Set(['sent']));
                await eventually('all', () => received.length === count);
                expect(new Set(received.map((data) => data.options))).to.eql(new Set([options]));
                expect(received[0]?.member).to.include({ port: peer.port, udpPort: peer.udpPort });
                expect(receiver.statistics.datagrams - datagrams).to.equal(bit === UDP ? count : 0);
              });
            }

            it('takes large messages', async function () {
              this.timeout(30_000);
              // The buffer of the system may have room for one datagram of that size only.
              const sizes = bit === UDP ? [LARGEST_BY_UDP] : [LARGE, LARGE, LARGE];
              const sent = sizes.map(() => 'sent');
              expect(await outcomes(6 | bit, sizes.length, sizes[0] ?? 0, 'large')).to.eql(sent);
              expect(received.map((data) => data.message.length)).to.eql(sizes);
            });

            it('has had nothing to complain of', () => {
              const complaints = { garbage: 0, brokenFrames: 0, malformedDatagrams: 0, droppedDatagrams: 0 };
              expect(receiver.statistics).to.include({ ...complaints, heldBytes: 0 });
              expect(jvm.errorLines.filter((line) => /^(WARNING|SEVERE)/.test(line))).to.eql([]);
            });

            for (const options of [0, 2, 4, 8, 10].map((bits) => bits | bit)) {
              it(`does not tell it of a failure with options ${options}`, async () => {
                expect(await outcomes(options, 1, 100, 'fails')).to.eql(['sent']);
                await eventually('the message', () => received.length === 1);
              });
            }

            for (const options of [6, 14].map((bits) => bits | bit)) {
              it(`tells it of a failure with options ${options}, so that it sends twice and fails`, async () => {
                expect(await outcomes(options, 1, 100, 'fails')).to.eql(['failed RemoteProcessException']);
                expect(received.length).to.equal(2);
                expect(received[0]?.uniqueId).to.equal(received[1]?.uniqueId);
              });
            }
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

        for (const options of [...OPTIONS, ...OPTIONS.map((bits) => bits | UDP)]) {
          it(`delivers options ${options}`, async () => {
            const texts = Array.from({ length: 40 }, (_, i) => `options ${options} no ${i}`);
            expect((await Promise.all(texts.map((text) => send(text, options)))).flat()).to.eql([]);
            await eventually('all', () => texts.every((text) => arrived(text).length === 1));
          });
        }

        for (const options of [0, 2, 4, 8, 10, UDP, UDP | ACK_FIRST]) {
          it(`does not hear of a failure with options ${options}`, async () => {
            expect(await send(`fails ${options}`, options)).to.eql([]);
            await eventually('it arrives', () => arrived(`fails ${options}`).length === 1);
          });
        }

        for (const options of [6, 14, UDP | ACK_AFTER]) {
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

        it('delivers the largest datagram that there is', async () => {
          const room = 65_507 - frame('').length;
          expect(await send('largest', ACK_AFTER | UDP, room)).to.eql([]);
          await eventually('it arrives', () => arrived('largest').length === 1);
          expect(await send('too large', ACK_AFTER | UDP, room + 1)).to.eql(['TRIBES_E_SEND_TOO_LARGE']);
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

        it('tells when the Tomcat has closed its UDP port, as it does after a datagram of nothing known', async () => {
          const wire = await DatagramWire.open();
          await wire.send(Buffer.from('junk'), peer.udpPort ?? 0);
          await wire.close();
          let codes: string[] = [];
          for (let attempt = 0; attempt < 100 && codes.length === 0; attempt++) {
            await pause(20);
            codes = await send('unheard', UDP);
          }
          expect(codes).to.eql(['TRIBES_E_SEND_UNREACHABLE']);
          expect(await send('over TCP', ACK_AFTER)).to.eql([]);
        });

        it('fails when the Tomcat is killed', async () => {
          await jvm.kill();
          expect(await send('gone', 6)).to.eql(['TRIBES_E_SEND_REFUSED']);
        });
      });
    },
  );
}
