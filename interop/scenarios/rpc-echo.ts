import { java } from '../../src/java/index.js';
import type { Mirror, RpcMessage, RpcService } from '../../src/library/index.js';
import { eventually, type JavaPeer, type TomcatVersion } from '../kit/index.js';
import { byNumber, Peers, same } from './peers.js';
import type { Scenario } from './scenario.js';

const ID = 'echo';

/** As long as nobody may wait; what did not wait took less than half of it. Milliseconds. */
const TIMEOUT = 8_000;

/** `RpcChannel.FIRST_REPLY` and so on. */
const REPLIES = { first: 1, majority: 2, all: 3, none: 4 } as const;

/** What `EchoPeer.java` calls "values", as it is sent and received here, and how it is shown there. */
const VALUES = [
  'naïve \u{1f600}',
  41,
  2 ** 40,
  0.5,
  true,
  new Date(86_400_000),
  new Map([['k', java.long(7)]]),
];
const PLAIN = [...VALUES.slice(0, -1), new Map([['k', 7]])];
const SHOWN =
  'String:naïve_\u{1f600},Integer:41,Long:1099511627776,Double:0.5,Boolean:true,Date:86400000,LinkedHashMap:{k=7}';

interface Answers {
  readonly milliseconds: number;
  /** "PORT=ANSWER", in the order of the ports. */
  readonly answers: readonly string[];
}

/** A program with the library that answers as `EchoPeer.java` does. */
class EchoProgram {
  readonly mirror: Mirror;
  readonly late: string[] = [];
  readonly #service: RpcService;

  constructor(mirror: Mirror) {
    this.mirror = mirror;
    this.#service = mirror.channel.rpc(ID, {
      onRequest: (request) => this.#answer(request),
      onLeftOver: ({ sender, value }) => this.late.push(`${sender.port}=${String(value)}`),
    });
  }

  async #answer({ value }: RpcMessage): Promise<unknown> {
    const [, wait] = /^wait (\d+)$/.exec(String(value)) ?? [];
    await new Promise((resolve) => setTimeout(resolve, Number(wait ?? 0)));
    if (!Array.isArray(value)) {
      return value === 'nothing' ? undefined : value;
    }
    same('what is asked', value, PLAIN); // else it is declined, and the caller has an answer too few
    return VALUES;
  }

  async call(replies: keyof typeof REPLIES, value: unknown, timeout = TIMEOUT): Promise<Answers> {
    const begin = performance.now();
    const { responses } = await this.#service.call(value, { replies, timeout });
    const answers = responses.map(({ sender, value: answer }) => `${sender.port}=${String(answer)}`).sort();
    return { milliseconds: performance.now() - begin, answers };
  }

  /** The values of a call, by whoever answered. */
  async values(): Promise<readonly unknown[]> {
    const { responses } = await this.#service.call(VALUES, { timeout: TIMEOUT });
    return responses.map(({ value }) => value);
  }

  close(): void {
    this.#service.close();
  }
}

async function javaCalls(
  peer: JavaPeer,
  replies: keyof typeof REPLIES,
  value: string,
  timeout = TIMEOUT,
): Promise<Answers> {
  const line = await peer.do(`call ${REPLIES[replies]} ${timeout} ${value}`);
  const [, milliseconds, ...answers] = line.split(' ');
  return { milliseconds: Number(milliseconds), answers };
}

/** It did not wait for somebody in vain, and who answered what. */
function answered(what: string, { milliseconds, answers }: Answers, expected: readonly string[]): void {
  same(what, answers, expected);
  quick(what, milliseconds);
}

function quick(what: string, milliseconds: number): void {
  if (milliseconds > TIMEOUT / 2) {
    throw new Error(`${what}: it took ${Math.round(milliseconds)} ms`);
  }
}

function rpcEcho(version: TomcatVersion): Scenario {
  return {
    name: `peers/rpc-echo/${version}`,
    about:
      'two Java programs and two with the library ask each other: first, majority, all, none; late answers',
    core: true,
    aboutTheNode: true,
    versions: [version],
    async run(stage) {
      const peers = new Peers(stage, version);
      try {
        const [one, two, left, right] = await stage.step('all know each other', async () => {
          const started = await Promise.all([
            ...[peers.java('EchoPeer'), peers.java('EchoPeer')],
            ...[peers.program(), peers.program()],
          ]);
          await peers.know(started);
          const [a, b, c, d] = started as [JavaPeer, JavaPeer, Mirror, Mirror];
          return [a, b, new EchoProgram(c), new EchoProgram(d)] as const;
        });
        const ports = [one.port, two.port, left.mirror.local.port, right.mirror.local.port];
        const from = (text: string, except: readonly number[]): string[] =>
          ports
            .filter((port) => !except.includes(port))
            .sort(byNumber)
            .map((port) => `${port}=${text}`)
            .sort();
        await stage.step('all answer a program, with values of every sort', async () => {
          answered('text', await left.call('all', 'hello'), from('hello', [ports[2] ?? 0]));
          same('values', await left.values(), [PLAIN, PLAIN, PLAIN]);
          answered('nothing', await left.call('all', 'nothing'), from('null', [ports[2] ?? 0]));
        });
        await stage.step('all answer a Java program, with values of every sort', async () => {
          answered('text', await javaCalls(one, 'all', 'hello'), from('hello', [one.port]));
          answered('values', await javaCalls(one, 'all', 'values'), from(SHOWN, [one.port]));
          answered('nothing', await javaCalls(one, 'all', 'nothing'), from('null', [one.port]));
        });
        await stage.step('the first, most, none are waited for', async () => {
          for (const [replies, least, most] of [
            ['first', 1, 3],
            ['majority', 2, 3],
            // Those that have come before all are asked.
            ['none', 0, 3],
          ] as const) {
            for (const outcome of [await left.call(replies, 'x'), await javaCalls(one, replies, 'x')]) {
              const { length } = outcome.answers;
              quick(replies, outcome.milliseconds);
              same(`${replies}: ${length} answers`, length >= least && length <= most, true);
            }
          }
        });
        await stage.step('late answers are handed on', async () => {
          left.late.length = 0;
          same('in time', (await left.call('all', 'wait 900', 200)).answers, []);
          await eventually('they come', 10_000, () => left.late.length === 3 || undefined);
          same('late', left.late.sort(), from('wait 900', [left.mirror.local.port]));
          same('in time', (await javaCalls(one, 'all', 'wait_900', 200)).answers, []);
          const late = `late ${from('wait_900', [one.port]).join(' ')}`;
          await eventually('they come', 10_000, async () => {
            const words = (await one.do('late')).split(' ').filter((word) => !/=x$/.test(word));
            same('late', [words[0], ...words.slice(1).sort()].join(' '), late);
            return true;
          });
        });
        await stage.step('nobody waits for a service that has been closed', async () => {
          await two.do('close');
          right.close();
          answered('a program', await left.call('all', 'x'), from('x', [two.port, ...ports.slice(2)]));
          const closed = [one.port, two.port, right.mirror.local.port];
          answered('Java', await javaCalls(one, 'all', 'x'), from('x', closed));
        });
        await stage.step('the logs are clean', () => peers.logsAreClean());
        await stage.step('nobody waits for a Java program that was killed', async () => {
          await two.kill();
          answered('a program', await left.call('all', 'x'), from('x', [two.port, ...ports.slice(2)]));
        });
      } finally {
        await peers.close();
      }
    },
  };
}

export const rpcEchoes: readonly Scenario[] = [rpcEcho('9'), rpcEcho('10.1')];
