import type { Mirror } from '../../src/library/index.js';
import {
  eventually,
  LoadCounter,
  loadMessage,
  parseTallies,
  type JavaPeer,
  type Tally,
  type TomcatVersion,
} from '../kit/index.js';
import { Peers, same } from './peers.js';
import type { Scenario } from './scenario.js';

interface LoadPlan {
  readonly name: string;
  readonly version: TomcatVersion;
  readonly core: boolean;
  /** Messages of each sender with each options. */
  readonly rounds: readonly {
    readonly count: number;
    readonly size: number;
    readonly form: 'bytes' | 'list';
  }[];
}

/** None, acknowledgement, processing without it, with it, and the same from a queue. */
const OPTIONS = [0, 2, 4, 6, 8, 10, 14] as const;

/**
 * With these a message is sent when the one before it is there, or processed: each sender's are processed in its order. A Java program processes
 * messages side by side once they are acknowledged, so that there 2 is not enough.
 */
const ORDERED: Readonly<Record<'java' | 'ours', readonly number[]>> = { java: [6], ours: [2, 6] };

/** A program with the library that sends and counts as `LoadPeer.java` does. */
class LoadProgram {
  readonly mirror: Mirror;
  readonly #counter = new LoadCounter();

  constructor(mirror: Mirror) {
    this.mirror = mirror;
    mirror.channel.on('message', (message) => this.#counter.add(message));
  }

  /** @returns how many could not be delivered to somebody, and the milliseconds that it took */
  async send(form: 'bytes' | 'list', count: number, size: number, options: number): Promise<Sent> {
    const begin = performance.now();
    let failed = 0;
    for (let number = 0; number < count; number++) {
      const { unreached } = await this.mirror.channel.send(loadMessage(form, number, size), { options });
      failed += unreached.length > 0 ? 1 : 0;
    }
    return { failed, milliseconds: performance.now() - begin };
  }

  async tally(count: number): Promise<ReadonlyMap<number, Tally>> {
    await eventually('all have come', 10_000, () => {
      same('senders', this.#counter.senders, this.mirror.members.length);
      return this.#counter.fewest >= count || undefined;
    }).catch(() => undefined); // the tally tells it
    return this.#counter.take();
  }
}

interface Sent {
  readonly failed: number;
  readonly milliseconds: number;
}

async function javaSends(peer: JavaPeer, words: string): Promise<Sent> {
  const [, , , failed, , milliseconds] = (await peer.do(`send ${words}`)).split(' ').map(Number);
  return { failed: failed ?? NaN, milliseconds: milliseconds ?? NaN };
}

function load({ name, version, core, rounds }: LoadPlan): Scenario {
  return {
    name: `peers/${name}/${version}`,
    about:
      'two Java programs and one with the library send to each other at once, with all options: nothing is lost, doubled or changed',
    core,
    aboutTheNode: true,
    versions: [version],
    async run(stage) {
      const peers = new Peers(stage, version);
      try {
        const [one, two, program] = await stage.step('all know each other', async () => {
          const java = [peers.java('LoadPeer'), peers.java('LoadPeer')] as const;
          const [a, b, mirror] = await Promise.all([...java, peers.program()]);
          await peers.know([a, b, mirror]);
          return [a, b, new LoadProgram(mirror)] as const;
        });
        for (const options of OPTIONS) {
          for (const { count, size, form } of rounds) {
            const what = `options ${options}: ${count} times ${size} bytes from each (${form})`;
            await stage.step(what, async () => {
              const sent = await Promise.all([
                ...[one, two].map((peer) => javaSends(peer, `${form} ${count} ${size} ${options}`)),
                program.send(form, count, size, options),
              ]);
              same(
                'failed',
                sent.map(({ failed }) => failed),
                [0, 0, 0],
              );
              const tallies = await Promise.all([
                ...[one, two].map(async (peer) => parseTallies(await peer.do(`tally ${count}`))),
                program.tally(count),
              ]);
              const receivers = ['java', 'java', 'ours'] as const;
              receivers.forEach((receiver, at) =>
                complete(receiver, tallies[at] ?? new Map(), {
                  count,
                  size,
                  ordered: ORDERED[receiver].includes(options),
                }),
              );
              return rates(sent, count);
            });
          }
        }
        await stage.step('the logs are clean', () => peers.logsAreClean());
      } finally {
        await peers.close();
      }
    },
  };
}

/** Everything from both others, each once. */
function complete(
  receiver: string,
  tallies: ReadonlyMap<number, Tally>,
  { count, size, ordered }: { readonly count: number; readonly size: number; readonly ordered: boolean },
): void {
  same(`senders to ${receiver}`, tallies.size, 2);
  const expected = { messages: count, twice: 0, corrupt: 0, bytes: count * size };
  for (const [port, { disordered, ...rest }] of tallies) {
    same(`from ${port} to ${receiver}`, rest, expected);
    same(`from ${port} to ${receiver}: disordered`, ordered ? disordered : 0, 0);
  }
}

function rates(sent: readonly Sent[], count: number): string {
  const [one = 0, two = 0, ours = 0] = sent.map(({ milliseconds }) =>
    Math.round((count * 1000) / Math.max(1, milliseconds)),
  );
  return `messages a second: Java ${one} and ${two}, the program ${ours}`;
}

const SHORT = [
  { count: 200, size: 1, form: 'bytes' },
  { count: 100, size: 1000, form: 'list' },
  { count: 2, size: 2 ** 20, form: 'bytes' },
] as const;

const LONG = [
  { count: 20_000, size: 1, form: 'bytes' },
  { count: 5000, size: 24_000, form: 'bytes' },
  { count: 2000, size: 10_000, form: 'list' },
  { count: 100, size: 2 ** 20, form: 'bytes' },
  { count: 5, size: 2 ** 20, form: 'list' },
] as const;

export const loads: readonly Scenario[] = (['9', '10.1'] as const).flatMap((version) => [
  load({ name: 'load', version, core: true, rounds: SHORT }),
  load({ name: 'load-long', version, core: false, rounds: LONG }),
]);
