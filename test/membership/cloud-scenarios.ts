/**
 * Run by cloud-tomcat.test.ts in namespaces of its own for network, mounts and host names, where names are looked up at
 * 127.0.0.1. Arguments: scenario, a directory, the command of a JVM.
 */
import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { settingsWith } from '../../src/config/index.js';
import { startNode, type TribesNode } from '../../src/node/index.js';
import { cloudUniqueId } from '../../src/wire/index.js';
import { rejectionOf } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { recordingLogger } from '../support/recording-logger.js';
import { ApiServer, pod } from './kubernetes-api.js';

const [, , scenario = '', directory = '', ...java] = process.argv;

const PORT = 4000;
const HEARTBEAT = 500;
const WITHIN = 20_000;
const NAME = 'tomcats.test';

const children: ChildProcess[] = [];

/** dnsmasq, with the names that a test writes. */
class NameServer {
  readonly #names = join(directory, 'names');
  #process: ChildProcess | undefined;

  async start(members: readonly string[]): Promise<void> {
    this.write(members);
    const options = [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--user=root',
    ];
    const place = [
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
      '--port=53',
      '--pid-file=',
      '--local=/test/',
    ];
    this.#process = spawn('dnsmasq', [...options, ...place, `--addn-hosts=${this.#names}`], {
      stdio: 'inherit',
    });
    children.push(this.#process);
    for (let attempt = 0; attempt < 50; attempt++) {
      const { code } = await lookup('n2.test').then(
        () => ({ code: '' }),
        (error: unknown) => error as { code: string },
      );
      if (code === '') {
        return;
      }
    }
    throw new Error('dnsmasq does not answer');
  }

  /** The addresses of the members; each host n2 has its own besides. */
  write(members: readonly string[]): void {
    const hosts = [2, 3, 4, 9].map((n) => `127.0.0.${n} n${n}.test n${n}`);
    writeFileSync(this.#names, [...hosts, ...members.map((address) => `${address} ${NAME}`), ''].join('\n'));
    this.#process?.kill('SIGHUP');
  }
}

/** A Tomcat's channel at 127.0.0.`n`, on a host that has the name of that address. */
class Peer {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;

  constructor(n: number, provider: 'dns' | 'kubernetes', environment: Readonly<Record<string, string>>) {
    const command = [...java, provider, `127.0.0.${n}`, String(PORT), String(HEARTBEAT)];
    this.#process = spawn(
      'unshare',
      ['-u', 'sh', '-c', 'hostname "$0" && exec "$@"', `n${n}.test`, ...command],
      {
        env: { ...process.env, ...environment },
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    children.push(this.#process);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream !== null) {
        createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
      }
    }
  }

  async says(pattern: RegExp): Promise<void> {
    await eventually(
      `it says ${String(pattern)}`,
      () => this.lines.some((line) => pattern.test(line)),
      WITHIN,
    ).catch((error: unknown) => {
      throw new Error(`it only said\n${this.lines.join('\n')}`, { cause: error });
    });
  }

  async answers(question: string, pattern: RegExp): Promise<void> {
    const from = this.lines.length;
    this.#process.stdin?.write(`${question}\n`);
    await eventually(
      `it answers ${question}`,
      () => this.lines.slice(from).some((line) => pattern.test(line)),
      WITHIN,
    ).catch((error: unknown) => {
      throw new Error(`it only said\n${this.lines.join('\n')}`, { cause: error });
    });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

const { logger, lines } = recordingLogger();

function node(n: number, type: string, environment: Readonly<Record<string, string>>): Promise<TribesNode> {
  const settings = settingsWith({
    'membership.type': type,
    'receiver.address': `127.0.0.${n}`,
    'receiver.port': String(PORT),
    'channel.heartbeatSleeptime': String(HEARTBEAT),
    'cloudMembership.expirationTime': String(3 * HEARTBEAT),
    'store.type': 'memory',
  });
  return startNode(settings, { environment, logger });
}

const hosts = (of: TribesNode): string =>
  of.channel
    .members()
    .map(({ host }) => host)
    .sort()
    .join(' ');

const has = (of: TribesNode, expected: string): Promise<void> =>
  eventually(`the node has ${expected}`, () => hosts(of) === expected, WITHIN).catch((error: unknown) => {
    throw new Error(`it has ${hosts(of)}: ${JSON.stringify([...lines('warn'), ...lines('info')])}`, {
      cause: error,
    });
  });

const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  async dns() {
    const names = new NameServer();
    const environment = { DNS_MEMBERSHIP_SERVICE_NAME: NAME };
    await names.start(['127.0.0.2', '127.0.0.9']);
    const first = new Peer(2, 'dns', environment);
    await first.says(/^started /);
    const ours = await node(9, 'dns', environment);
    expect(ours.channel.local.uniqueId).to.equal(cloudUniqueId('127.0.0.9'));
    await has(ours, '127.0.0.2');
    await first.says(new RegExp(`^added 127.0.0.9 ${cloudUniqueId('127.0.0.9')}$`));
    await first.answers('send', /^sent$/);
    names.write(['127.0.0.2', '127.0.0.3', '127.0.0.9']);
    const second = new Peer(3, 'dns', environment);
    await second.says(/^added 127.0.0.9 /);
    await has(ours, '127.0.0.2 127.0.0.3');
    second.kill();
    names.write(['127.0.0.2', '127.0.0.9']);
    await has(ours, '127.0.0.2');
    const unlisted = new Peer(4, 'dns', environment);
    await unlisted.says(/^added 127.0.0.9 /);
    await unlisted.answers('send', /^sent$/);
    await has(ours, '127.0.0.2 127.0.0.4');
    names.write([]);
    const twin = await rejectionOf('TRIBES_E_MEMBERSHIP_TWIN', node(2, 'dns', environment));
    expect(twin.message).to.contain('127.0.0.2 port 4000').and.contain(NAME);
    await ours.stop();
  },

  async kubernetes() {
    await new NameServer().start([]);
    const api = new ApiServer();
    const environment = {
      ...(await api.start()),
      KUBERNETES_NAMESPACE: 'shop',
      KUBERNETES_LABELS: 'app=tomcat',
    };
    const tomcat = (n: number): object =>
      pod(`127.0.0.${n}`, { metadata: { uid: `uid-${n}`, creationTimestamp: `2026-03-01T0${n}:00:00Z` } });
    api.pods = [tomcat(2), tomcat(9)];
    const first = new Peer(2, 'kubernetes', environment);
    await first.says(new RegExp(`^started ${cloudUniqueId('uid-2')}$`));
    const ours = await node(9, 'kubernetes', environment);
    expect(ours.channel.local.uniqueId).to.equal(cloudUniqueId('uid-9'));
    await has(ours, '127.0.0.2');
    await first.says(new RegExp(`^added 127.0.0.9 ${cloudUniqueId('uid-9')}$`));
    await first.answers('send', /^sent$/);
    api.pods = [tomcat(2), tomcat(9), tomcat(3)];
    const second = new Peer(3, 'kubernetes', environment);
    await second.says(/^added 127.0.0.9 /);
    await has(ours, '127.0.0.2 127.0.0.3');
    second.kill();
    api.pods = [tomcat(2), tomcat(9)];
    await has(ours, '127.0.0.2');
    await rejectionOf('TRIBES_E_MEMBERSHIP_TWIN', node(2, 'kubernetes', environment));
    const token = readFileSync(api.file('token'), 'utf8').trim();
    expect(api.requests.every((request) => request.token === `Bearer ${token}`)).to.equal(true);
    const log = (['trace', 'debug', 'info', 'warn', 'error'] as const).flatMap((level) => lines(level));
    expect(JSON.stringify(log)).not.to.contain(token);
    await ours.stop();
    await api.stop();
  },
};

try {
  await scenarios[scenario]?.();
} finally {
  children.forEach((child) => child.kill('SIGKILL'));
}
process.exit();
