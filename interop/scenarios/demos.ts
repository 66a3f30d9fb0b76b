import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { SettingsInput } from '../../src/config/index.js';
import type { ChannelMessage, Mirror } from '../../src/library/index.js';
import {
  DemoProgram,
  eventually,
  findTomcat,
  missingDemos,
  missingScreen,
  VirtualScreen,
  type DemoOptions,
  type TomcatVersion,
} from '../kit/index.js';
import { Peers, same } from './peers.js';
import type { Scenario } from './scenario.js';
import type { Stage } from './stage.js';

/** `ChannelCreator`: all its members are of this domain, and see no others. */
const DOMAIN = '{1,2,3,4,5,6,7,8,9,0}';

/** Tomcat's demonstration programs, and programs with the library among them. */
class Demonstration {
  readonly #stage: Stage;
  readonly #peers: Peers;
  readonly #version: TomcatVersion;
  readonly #demos: DemoProgram[] = [];
  #screen: VirtualScreen | undefined;

  constructor(stage: Stage, version: TomcatVersion) {
    this.#stage = stage;
    this.#peers = new Peers(stage, version);
    this.#version = version;
  }

  /** Starts one whose channel is made by `ChannelCreator`. */
  created(mainClass: string, ...words: readonly string[]): Promise<DemoProgram> {
    return this.#created({ mainClass, words });
  }

  /** Starts one that is a window, too. */
  async window(mainClass: string, ...words: readonly string[]): Promise<DemoProgram> {
    this.#screen ??= await VirtualScreen.open();
    return this.#created({ mainClass, words, screen: this.#screen });
  }

  async start(options: Omit<DemoOptions, 'installation'>): Promise<DemoProgram> {
    const demo = await DemoProgram.start({ installation: findTomcat(this.#version), ...options });
    this.#demos.push(demo);
    return demo;
  }

  program(more: SettingsInput, port: number): Promise<Mirror> {
    return this.#peers.program(more, port);
  }

  /** One in the domain of `ChannelCreator`. */
  inDomain(interceptors: string): Promise<Mirror> {
    const { group, address } = this.#peers.place;
    return this.#peers.program({
      membership: {
        ...{ address: group.address, port: group.port, bind: address, domain: DOMAIN },
        ...{ frequency: 200, dropTime: 2000 },
      },
      channel: { interceptors: interceptors.split(',') },
    });
  }

  /** A file by which the name of this machine is the address of this process. */
  hostsFile(): string {
    const file = join(this.#stage.cluster.place.files, 'hosts');
    writeFileSync(file, `${this.#peers.place.address} ${hostname()}\n`);
    return file;
  }

  step<T>(name: string, body: () => Promise<T>): Promise<T> {
    return this.#stage.step(name, body);
  }

  async close(): Promise<void> {
    await Promise.all([this.#peers.close(), ...this.#demos.map((demo) => demo.kill())]);
    await this.#screen?.close();
  }

  async #created({ words = [], ...options }: Omit<DemoOptions, 'installation'>): Promise<DemoProgram> {
    const { group, address } = this.#peers.place;
    const port = await this.#peers.portNextTo(20_000, 1);
    const place = [
      '-bind',
      address,
      '-mbind',
      address,
      '-maddr',
      group.address,
      '-mport',
      String(group.port),
    ];
    return this.start({ ...options, words: [...place, '-port', String(port), '-failuredetect', ...words] });
  }
}

const DEFAULT = 'DomainFilterInterceptor(domain="{1,2,3,4,5,6,7,8,9,0}"),TcpFailureDetector';

async function echoRpc(demo: Demonstration): Promise<void> {
  const mirror = await demo.step('a program joins', () => demo.inDomain(DEFAULT));
  const asked: unknown[] = [];
  const echo = mirror.channel.rpc('EchoRpcId', {
    onRequest: ({ value }) => {
      asked.push(value);
      return `Reply(program):${String(value)}`;
    },
  });
  for (const mode of ['all', 'first', 'majority']) {
    await demo.step(`EchoRpcTest -mode ${mode} asks, and has an answer to each question`, async () => {
      const words = ['-mode', mode, '-count', '5', '-pause', '1', '-message', `hello ${mode}`];
      const program = await demo.created('EchoRpcTest', ...words);
      await program.line(/^System test complete/, { within: 30_000 });
      const questions = asked.splice(0).length;
      const answers = program.count(/with data \[Reply\(program\):hello \w+ cnt=\d\]/);
      // A Java channel takes in whom it has heard of when its start has ended: its first question may come before that.
      same(`an answer to each of ${questions} questions`, answers === questions && questions >= 4, true);
      const { responses } = await echo.call('from here');
      same(
        'its answer',
        responses.map(({ value }) => value),
        ['Reply(EchoRpcId):from here'],
      );
      await program.stop();
      same('its farewell', program.count(/^Channel stopped\./), 1);
      const took = [...program.lines.join('\n').matchAll(/Time:(\d+) ms/g)].map(([, time]) => time);
      return `${took.join(', ')} ms`;
    });
  }
  await demo.step('nobody has stayed', () => gone(mirror));
}

async function load(demo: Demonstration): Promise<void> {
  const mirror = await demo.step('a program joins', () => demo.inDomain(DEFAULT));
  let [messages, bytes] = [0, 0];
  mirror.channel.on('message', ({ value, isBytes }: ChannelMessage) => {
    messages += isBytes ? 1 : 0;
    bytes += (value as Buffer).length;
  });
  for (const options of ['2', '6']) {
    await demo.step(`LoadTest -sendoptions ${options} sends, and each message is here`, async () => {
      [messages, bytes] = [0, 0];
      const words = ['-mode', 'send', '-size', '10004', '-stats', '1000', '-sendoptions', options];
      const program = await demo.created('LoadTest', ...words);
      const [, count = ''] = await program.line(/Message count:(\d+)/, { within: 60_000 });
      await program.stop();
      const sent = Number(count);
      same(
        `at least ${sent} messages of 10,000 bytes`,
        messages >= sent && bytes === messages * 10_000,
        true,
      );
      return `${messages} messages`;
    });
    await demo.step('nobody has stayed', () => gone(mirror));
  }
  await demo.step('LoadTest -mode receive has each message of the program', async () => {
    const program = await demo.created('LoadTest', '-mode', 'receive', '-count', '500', '-stats', '500');
    await eventually('it is there', 20_000, () => mirror.members.length === 1 || undefined);
    for (let i = 0; i < 500; i++) {
      const { unreached } = await mirror.channel.send(Buffer.alloc(24_000, i), { options: 6 });
      same('unreached', unreached, []);
    }
    await program.line(/Message count :500/);
    await program.stop();
  });
}

async function membersWithProperties(demo: Demonstration): Promise<void> {
  const mirror = await demo.step('a program joins', () => demo.inDomain(DEFAULT));
  await demo.step('MembersWithProperties sees the program come and go', async () => {
    const program = await demo.created('MembersWithProperties');
    await program.line(/^Received member added:.*tcp:\/\//);
    await eventually('the program sees it', 10_000, () => mirror.members.length === 1 || undefined);
    await mirror.leave();
    await program.line(/^Received member disappeared:.*tcp:\/\//);
    same(
      'errors',
      program.lines.filter((line) => /Exception|SEVERE/.test(line)),
      [],
    );
    await program.stop();
  });
}

/** Of every channel that is no Tomcat's; and of a map whose only other member says that it does not know it. */
const HARMLESS = /No utility executor was set|broadcast received 0 replies/;

/** A row of the table of `MapDemo`. */
interface ShownEntry {
  readonly value: string;
  readonly primary: string;
  readonly backups: string;
  readonly role: string;
}

async function map(demo: Demonstration): Promise<void> {
  const mirror = await demo.step('a program joins', () => demo.inDomain(DEFAULT));
  const one = await demo.step('MapDemo starts', () => mapDemo(demo));
  const two = await demo.step('MapDemo starts once more', () => mapDemo(demo));
  await demo.step('an entry is added at one: the other one is its backup', async () => {
    await press(one, 'add', 'key', 'first');
    await shows(one, 'key', { value: 'first', role: 'primary' });
    await shows(two, 'key', { value: 'first', role: 'backup' });
  });
  await demo.step('it is changed at the other one, which is its primary now', async () => {
    await press(two, 'change', 'key', 'second');
    await shows(two, 'key', { value: 'second', role: 'primary' });
    await shows(one, 'key', { value: 'second', role: 'backup' });
  });
  await demo.step('five more are added at once, with all of them at both', async () => {
    await press(one, 'random');
    return eventually('both have six', 20_000, async () => {
      const [here, there] = [await table(one), await table(two)];
      same('entries', [here.size, [...there.keys()].sort()], [6, [...here.keys()].sort()]);
      return [...here.keys()].join(' ');
    });
  });
  await demo.step('nobody took the program for one who holds any', async () => {
    const local = `:${mirror.local.port}`;
    for (const [key, { primary, backups }] of [...(await table(one)), ...(await table(two))]) {
      same(`${key} is at the program`, `${primary}; ${backups}`.includes(local), false);
    }
  });
  await demo.step('neither complains', () => {
    const complaints = [one, two].flatMap(({ lines }) =>
      lines.filter((line) => /Exception|SEVERE|WARNING/.test(line) && !HARMLESS.test(line)),
    );
    same('complaints', complaints, []);
    return Promise.resolve();
  });
  await demo.step('one is killed: the other one is the primary of all', async () => {
    await one.kill();
    await eventually('it is', 20_000, async () => {
      const roles = [...(await table(two)).values()].map(({ role }) => role);
      same('roles', roles, new Array(6).fill('primary'));
      return true;
    });
  });
  const three = await demo.step('MapDemo starts again, and has all', async () => {
    const again = await mapDemo(demo);
    await eventually('it has six', 20_000, async () => {
      await press(again, 'sync'); // nothing before it knows somebody
      return (await table(again)).size === 6 || undefined;
    });
    return again;
  });
  await demo.step('an entry is removed there: it is gone at the other one', async () => {
    await press(three, 'remove', 'key');
    await eventually('it is', 20_000, async () => !(await table(two)).has('key') || undefined);
  });
}

async function mapDemo(demo: Demonstration): Promise<DemoProgram> {
  const program = await demo.window('MapDemo');
  await program.line(/^System test complete/, { within: 60_000 });
  return program;
}

async function press(program: DemoProgram, command: string, ...fields: readonly string[]): Promise<void> {
  const from = program.lines.length;
  program.tell(['press', command, ...fields].join(' '));
  await program.line(new RegExp(`^pressed ${command}$`), { from });
}

async function table(program: DemoProgram): Promise<ReadonlyMap<string, ShownEntry>> {
  const from = program.lines.length;
  program.tell('table');
  const [, rows = ''] = await program.line(/^table (.*)/, { from });
  const entries = rows === '' ? [] : rows.split('||').map((row) => row.split('\t'));
  return new Map(
    entries.map(([key = '', value = '', primary = '', backups = '', ...roles]) => {
      const role = ['primary', 'proxy', 'backup'].filter((_, index) => roles[index] === 'true').join(' and ');
      return [key, { value, primary, backups, role }];
    }),
  );
}

async function shows(program: DemoProgram, key: string, wanted: Partial<ShownEntry>): Promise<void> {
  await eventually(`it shows ${key}`, 10_000, async () => {
    const entry = (await table(program)).get(key);
    same('its entry', entry && { value: entry.value, role: entry.role }, wanted);
    return true;
  });
}

/** `CoordinationDemo` has no options for its place: it takes the default group, wherever that leads. So it needs a host of its own. */
async function coordination(demo: Demonstration): Promise<void> {
  const interceptors = ['NonBlockingCoordinator', 'TcpFailureDetector', 'MessageDispatchInterceptor'];
  // Before the ports of the demonstration, which begin at 4000: of one address the lowest port coordinates.
  const mirror = await demo.step('a program joins', () =>
    demo.program({ channel: { interceptors, heartbeatSleeptime: 1000 } }, 3999),
  );
  const program = await demo.step('CoordinationDemo starts five channels', async () => {
    // Its receivers take the address of the host name.
    const hosts = `-Djdk.net.hosts.file=${demo.hostsFile()}`;
    const started = await demo.start({
      mainClass: 'CoordinationDemo',
      words: ['-sc', '0', '-p', ''],
      jvmOptions: [hosts],
    });
    started.tell('start');
    return started;
  });
  const agree = (ports: readonly number[]): Promise<string> =>
    eventually(
      'all agree',
      60_000,
      async () => {
        const views = await coordinationViews(program);
        const { members } = mirror.channel.coordination ?? {};
        if (ports.includes(3999)) {
          same(
            'our view',
            members?.map(({ port }) => port),
            ports,
          );
        }
        const theirs = ports.filter((port) => port !== 3999);
        const expected = `${ports[0] ?? ''} of ${ports.length}`;
        same('their views', views, new Map(theirs.map((port) => [port, expected])));
        return expected;
      },
      500,
    );
  await demo.step('all agree', () => agree([3999, 4000, 4001, 4002, 4003, 4004]));
  await demo.step('two of its channels stop', async () => {
    program.tell('stop 1');
    program.tell('stop 3');
    return agree([3999, 4001, 4003, 4004]);
  });
  await demo.step('they start again', async () => {
    program.tell('start 1');
    program.tell('start 3');
    return agree([3999, 4000, 4001, 4002, 4003, 4004]);
  });
  await demo.step('the program leaves: a channel of the demonstration coordinates', async () => {
    await mirror.leave();
    return agree([4000, 4001, 4002, 4003, 4004]);
  });
}

/** What each of its channels says: "COORDINATOR of MEMBERS" by its port. */
async function coordinationViews(program: DemoProgram): Promise<ReadonlyMap<number, string>> {
  const from = program.lines.length;
  program.tell('print');
  await program.line(/^Commands:/, { from });
  const rows = program.lines.slice(from).map(plainAddresses);
  return new Map(
    rows
      .filter((line) => /^ *\d+\. *tcp:/.test(line))
      .map((line) => {
        const [own, first] = [...line.matchAll(/tcp:\/\/[\d.]+:(\d+)/g)].map(([, port]) => Number(port));
        return [own ?? 0, `${first ?? 'none'} of ${line.trim().split(/\s+/).at(-1) ?? ''}`] as const;
      })
      .sort(([one], [other]) => one - other),
  );
}

/** `tcp://{127, 0, 0, 1}:4000`, as a member says of others, in the way in which it says it of itself. */
function plainAddresses(line: string): string {
  return line.replace(/\{(\d+), (\d+), (\d+), (\d+)\}/g, '$1.$2.$3.$4');
}

async function gone(mirror: Mirror): Promise<void> {
  await eventually('it is gone', 10_000, () => mirror.members.length === 0 || undefined);
}

const DEMOS: Readonly<
  Record<
    string,
    {
      readonly about: string;
      readonly hosts?: true;
      readonly window?: true;
      readonly run: (demo: Demonstration) => Promise<void>;
    }
  >
> = {
  'echo-rpc': { about: 'EchoRpcTest asks a program with the library, and answers it', run: echoRpc },
  load: { about: 'LoadTest sends to a program with the library, and receives what it sends', run: load },
  members: { about: 'MembersWithProperties sees a program with the library', run: membersWithProperties },
  map: { about: 'MapDemo, while a program with the library stands by', window: true, run: map },
  coordination: {
    about: 'CoordinationDemo elects with a program with the library',
    hosts: true,
    run: coordination,
  },
};

/** With the demonstration programs of Tomcat's own source, compiled (`--demos DIR`). */
export const demos: readonly Scenario[] = (['9', '10.1'] as const).flatMap((version) =>
  Object.entries(DEMOS).map(([name, { about, hosts, window, run }]): Scenario => ({
    name: `demos/${name}/${version}`,
    about,
    core: false,
    aboutTheNode: true,
    versions: [version],
    ...(hosts && { network: 'hosts' }),
    missing: () => missingDemos(version) ?? (window && missingScreen()),
    async run(stage) {
      const demo = new Demonstration(stage, version);
      try {
        await run(demo);
      } finally {
        await demo.close();
      }
    },
  })),
);
