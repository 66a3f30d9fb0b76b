import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { java } from '../../src/java/index.js';
import { Mirror, type MapChange, type ReplicatedMap } from '../../src/library/index.js';
import { eventually, findTomcat, MapPeer } from '../kit/index.js';
import type { Scenario } from './scenario.js';
import type { Stage } from './stage.js';

const NAME = 'fruit';

/** Values, as a program sets them and as Java has them. */
const VALUES: Readonly<Record<string, readonly [value: unknown, java: string]>> = {
  big: [2 ** 40, 'java.lang.Long 1099511627776'],
  date: [new Date(86_400_000), 'java.util.Date 86400000'],
  double: [0.5, 'java.lang.Double 0.5'],
  ints: [java.array('int', [1, -1]), '[I [1, -1]'],
  list: [['a', 'b'], 'java.util.ArrayList [a, b]'],
  long: [java.long(7), 'java.lang.Long 7'],
  map: [new Map([['k', 1]]), 'java.util.LinkedHashMap {k=1}'],
  number: [41, 'java.lang.Integer 41'],
  text: ['naïve \u{1f600}', 'java.lang.String naïve \u{1f600}'],
  yes: [true, 'java.lang.Boolean true'],
};
const AS_JAVA = `{${Object.entries(VALUES)
  .map(([key, [, text]]) => `${key}=${text}`)
  .join(', ')}}`;

const plainMap: Scenario = {
  name: 'library/replicated-map',
  about: 'a map between a program and a Java program that is no Tomcat; each of them restarts',
  core: true,
  aboutTheNode: true,
  versions: ['10.1'],
  async run(stage) {
    const { group, address } = ownPlace(stage);
    const data = mkdtempSync(join(tmpdir(), 'tribes-map-'));
    const started: { mirror?: Mirror; peer?: MapPeer } = {};
    const joined = async (): Promise<ReplicatedMap> => {
      started.mirror = await Mirror.join({
        membership: {
          address: group.address,
          port: group.port,
          bind: address,
          frequency: 200,
          dropTime: 2000,
        },
        receiver: { address, port: 0 },
        data,
        write: { enabled: true },
      });
      return started.mirror.channel.replicatedMap(NAME);
    };
    const startPeer = async (): Promise<MapPeer> => {
      const installation = findTomcat('10.1');
      started.peer = await MapPeer.start({ installation, address, group, map: NAME });
      return started.peer;
    };
    try {
      let map = await stage.step('a program joins, alone, and sets a value', async () => {
        const opened = await joined();
        await opened.set('early', 'bird');
        return opened;
      });
      let peer = await stage.step('a Java program joins, and has it', async () => {
        const java = await startPeer();
        same('Java', await java.list(), '{early=java.lang.String bird}');
        return java;
      });
      await stage.step('what the program sets, Java has', async () => {
        await map.delete('early');
        for (const [key, [value]] of Object.entries(VALUES)) {
          const { acknowledged, unacknowledged } = await map.set(key, value);
          same(key, [acknowledged.length, unacknowledged.length], [1, 0]);
        }
        same('Java', await peer.list(), AS_JAVA);
      });
      const changes: MapChange[] = [];
      map.on('change', (change) => changes.push(change));
      await stage.step('what Java puts, the program has', async () => {
        await peer.put('count', 'integer', '5');
        await peer.put('when', 'date', '1000');
        await peer.put('words', 'list', 'x,y');
        await peer.put('cells', 'ints', '3,4');
        await peer.put('pairs', 'map', 'v');
        await peer.put('number', 'long', '9007199254740993');
        await peer.remove('yes');
        await holds(map, 'number', 9007199254740993n);
        await holds(map, 'count', 5);
        await holds(map, 'when', new Date(1000));
        await holds(map, 'words', ['x', 'y']);
        await holds(map, 'pairs', new Map([['key', 'v']]));
        await holds(map, 'yes', undefined);
        same('cells', [...(map.get('cells') as Iterable<number>)], [3, 4]);
        same('size', map.size, Object.keys(VALUES).length + 4);
        same(
          'changes',
          changes
            .map(({ type, key, isOwn }) => `${type} ${key}${isOwn ? ' own' : ''}`)
            .filter((text) => !text.includes('number')),
          ['set count', 'set when', 'set words', 'set cells', 'set pairs', 'delete yes'],
        );
      });
      const before = await peer.list();
      await stage.step('the program restarts, and has all of it', async () => {
        await started.mirror?.leave();
        await peer.put('late', 'string', 'owl');
        await peer.remove('count');
        map = await joined();
        await holds(map, 'late', 'owl');
        same('what was removed meanwhile', map.has('count'), false);
        same('text', map.get('text'), VALUES['text']?.[0]);
      });
      await stage.step('Java restarts, and has all of it', async () => {
        await peer.leave();
        await eventually('the program knows', 10_000, () => map.members.length === 0 || undefined);
        peer = await startPeer();
        const now = await peer.list();
        same(
          'Java',
          now.replace('late=java.lang.String owl, ', ''),
          before.replace('count=java.lang.Integer 5, ', ''),
        );
      });
      await stage.step('both are killed or leave; the program gives it back to Java', async () => {
        await peer.kill();
        await started.mirror?.leave();
        map = await joined();
        peer = await startPeer();
        same('number', (await peer.list()).includes('number=java.lang.Long 9007199254740993'), true);
        await map.set('number', 1);
        same('number', (await peer.list()).includes('number=java.lang.Integer 1,'), true);
      });
      await stage.step('the program closes the map: Java is alone', async () => {
        await map.close();
        await eventually('Java knows', 10_000, async () => (await peer.members()) === 0 || undefined);
      });
    } finally {
      await started.peer?.kill();
      await started.mirror?.leave();
      rmSync(data, { recursive: true, force: true });
    }
  },
};

async function holds(map: ReplicatedMap, key: string, expected: unknown): Promise<void> {
  await eventually(`the program has ${key}`, 10_000, () => {
    same(key, map.get(key), expected);
    return true;
  });
}

function ownPlace({ cluster }: Stage): NonNullable<typeof cluster.place.own> {
  const { own } = cluster.place;
  if (own === undefined) {
    throw new Error('this process cannot be a member here');
  }
  return own;
}

function same(what: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
  }
}

export const replicatedMaps: readonly Scenario[] = [plainMap];
