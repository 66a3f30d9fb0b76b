import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { open } from 'lmdb';
import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { TestCluster, created, send } from '../node/cluster.js';
import { CliProcess, cli } from './cli-process.js';

const START_LINE = /^tribes \S+: tcp:\/\/127\.0\.0\.1:(\d+) in the group (\S+) on 127\.0\.0\.1: (.*)\n$/;

describe('tribes mirror', function () {
  this.timeout(60_000);
  let cluster: TestCluster;
  const daemons: CliProcess[] = [];

  beforeEach(() => {
    cluster = new TestCluster();
  });
  afterEach(async () => {
    daemons.splice(0).forEach((daemon) => daemon.signal('SIGKILL'));
    await cluster.stop();
  });

  const argv = (name: string, more: Readonly<Record<string, string>> = {}): string[] => [
    'mirror',
    ...Object.entries(cluster.flags(name, more)).flatMap(([flag, value]) => [`--${flag}`, value]),
  ];

  function launch(name: string, more: Readonly<Record<string, string>> = {}): CliProcess {
    const daemon = new CliProcess(argv(name, more), { cwd: cluster.directory });
    daemons.push(daemon);
    return daemon;
  }

  async function started(name: string, more: Readonly<Record<string, string>> = {}): Promise<CliProcess> {
    const daemon = launch(name, more);
    await daemon.says(/\n/, 30_000);
    return daemon;
  }

  /** Of the address that the start line prints. */
  function addressIn({ stdout }: CliProcess): { base: string; port: string; token: string } {
    const [, base = '', port = '', token = ''] =
      /open (http:\/\/127\.0\.0\.1:(\d+))\/\?token=([\w-]+)/.exec(stdout) ?? [];
    return { base, port, token };
  }

  it('makes a token of its own for writing, which only its user can read, and which does not read', async () => {
    const daemon = await started('a', { 'write.enabled': 'true' });
    const { base, token } = addressIn(daemon);
    const file = join(cluster.dataOf('a'), 'write-token');
    const writeToken = readFileSync(file, 'utf8').trim();
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(writeToken)
      .to.match(/^[\w-]{43}$/)
      .and.not.equal(token);
    const status = async (method: string, bearer: string): Promise<number> =>
      (await fetch(`${base}/v1/sessions/X`, { method, headers: { authorization: `Bearer ${bearer}` } }))
        .status;
    expect(await status('DELETE', writeToken)).to.equal(404);
    expect(await status('DELETE', token)).to.equal(403);
    expect(await status('GET', writeToken)).to.equal(401);
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics)
      .to.match(/^tribes_write_changed_total 0$/m)
      .and.match(/^tribes_write_pending 0$/m);
  });

  for (const redact of [true, false]) {
    it(`tells of a write ${redact ? 'without' : 'with'} the session id when log.redact is ${redact}`, async () => {
      const daemon = await started('a', { 'write.enabled': 'true', 'log.redact': String(redact) });
      const token = readFileSync(join(cluster.dataOf('a'), 'write-token'), 'utf8').trim();
      const id = '0123456789ABCDEF0123456789ABCDEF';
      await fetch(`${addressIn(daemon).base}/v1/sessions/${id}?context=localhost%23%2Fapp`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${token}` },
      });
      await eventually('the audit line', () => daemon.stderr.includes('audit: '));
      expect(daemon.stderr.includes(id)).to.equal(!redact);
    });
  }

  it('does not start with one token for reading and writing', async () => {
    const tokenFile = join(cluster.directory, 'one-token');
    const more = { 'write.enabled': 'true', 'http.tokenFile': tokenFile, 'write.tokenFile': tokenFile };
    const { code, stderr } = await cli(argv('a', more), { cwd: cluster.directory });
    expect(code).to.equal(2);
    expect(stderr).to.contain('TRIBES_E_API_SAME_TOKEN');
  });

  it('prints one line: where it listens, where it writes, an address to open, what to check', async () => {
    const daemon = await started('a');
    const { address, port } = cluster.group;
    const [, , group, rest] = START_LINE.exec(daemon.stdout) ?? [];
    expect(group, daemon.stdout).to.equal(`${address}:${port}`);
    expect(rest).to.match(
      /^nobody else is heard yet; sessions in .*\/a; open http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}; to hear others, check that membership\.address/,
    );
    const { base, token } = addressIn(daemon);
    expect((await fetch(`${base}/?token=${token}`)).status).to.equal(200);
    expect((await fetch(`${base}/healthz`)).status).to.equal(200);
    expect(readFileSync(join(cluster.dataOf('a'), 'token'), 'utf8').trim()).to.equal(token);
  });

  it('counts the others in that line', async () => {
    await cluster.peer();
    const daemon = await started('a');
    expect(daemon.stdout)
      .to.match(/: 1 other member; /)
      .and.not.include('to hear others');
  });

  it('mirrors sessions, answers the other commands, and keeps the sessions over a restart', async () => {
    const peer = await cluster.peer();
    const daemon = await started('a');
    const receiverPort = Number(START_LINE.exec(daemon.stdout)?.[1]);
    await send(peer, receiverPort, created('SECRET-ID.jvm1'));
    const flags = (port: string) => ['--http.port', port, '--data', cluster.dataOf('a')];
    const list = await cli(['sessions', 'list', '--json', ...flags(addressIn(daemon).port)]);
    expect(JSON.parse(list.stdout)).to.have.nested.property('[0].id', 'SECRET-ID.jvm1');
    daemon.signal('SIGTERM');
    expect((await daemon.ended()).code).to.equal(0);
    await eventually('it has said goodbye', () => peer.events.includes(`-${receiverPort} shutdown`));

    const again = await started('a');
    const show = await cli(['sessions', 'show', 'SECRET-ID.jvm1', ...flags(addressIn(again).port)]);
    expect([show.code, show.stderr]).to.deep.equal([0, '']);
    again.signal('SIGINT');
    expect((await again.ended()).code).to.equal(0);
    for (const { stderr } of [daemon, again]) {
      expect(stderr).not.to.include('SECRET-ID');
    }
  });

  it('logs JSON lines to the standard error, never the token', async () => {
    const daemon = await started('a');
    daemon.signal('SIGTERM');
    const { stderr, stdout } = await daemon.ended();
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(lines.map(({ msg }) => msg))
      .to.include('the receiver listens')
      .and.include('synchronised');
    expect(stderr).not.to.include(addressIn(daemon).token);
    expect(stdout.match(/\n/g)).to.have.length(1);
  });

  it('is silent when asked to', async () => {
    const daemon = await started('a', { 'log.level': 'silent' });
    daemon.signal('SIGTERM');
    expect((await daemon.ended()).stderr).to.equal('');
  });

  it('ends within 5 seconds of SIGTERM although a reader of events does not read', async () => {
    const daemon = await started('a');
    const { base, token } = addressIn(daemon);
    const response = await fetch(`${base}/v1/events?token=${token}`);
    daemon.signal('SIGTERM');
    const { code } = await daemon.ended();
    // After that time it ends by itself with another code.
    expect(code).to.equal(0);
    await response.body?.cancel().catch(() => undefined);
  });

  it('ends quietly when it is interrupted while it starts', async () => {
    const peer = await cluster.peer();
    const daemon = launch('a', { 'membership.frequency': '1000', 'membership.dropTime': '5000' });
    await eventually('it is announced', () => peer.channel.members().length === 1, 20_000);
    daemon.signal('SIGTERM');
    const { code, stdout } = await daemon.ended();
    expect([code, stdout]).to.deep.equal([0, '']);
    await eventually('it has said goodbye', () => peer.events.some((event) => event.endsWith('shutdown')));
  });

  it('needs no token file when it is insecure', async () => {
    const daemon = await started('a', { 'http.insecure': 'true' });
    const [, base = ''] = /open (http:\/\/127\.0\.0\.1:\d+)\/;/.exec(daemon.stdout) ?? [];
    expect((await fetch(`${base}/v1/members`)).status).to.equal(200);
    expect(existsSync(join(cluster.dataOf('a'), 'token'))).to.be.false;
  });

  it('warns when others can read the token', async () => {
    const tokenFile = join(cluster.directory, 'token');
    writeFileSync(tokenFile, '0123456789abcdef0123');
    chmodSync(tokenFile, 0o644);
    const daemon = await started('a', { 'http.tokenFile': tokenFile });
    expect(addressIn(daemon).token).to.equal('0123456789abcdef0123');
    expect(daemon.stderr).to.include('other users of this host can read the access token');
  });

  it('warns when others can put another token in place of ours, and says what to do', async () => {
    const data = cluster.dataOf('a');
    mkdirSync(data, { recursive: true });
    chmodSync(data, 0o777);
    const daemon = await started('a');
    expect(daemon.stderr).to.include(`"remedy":"chmod 700 ${data}"`);
  });

  describe('refuses to start, with one line and exit code 2,', () => {
    async function refused(more: Readonly<Record<string, string>>, pattern: RegExp): Promise<void> {
      const { code, stdout, stderr } = await cli(argv('a', { 'log.level': 'silent', ...more }), {
        cwd: cluster.directory,
      });
      expect([code, stdout]).to.deep.equal([2, '']);
      expect(stderr)
        .to.match(/^tribes: TRIBES_E_[A-Z_]+: [^\n]+\. [^\n]+\n$/)
        .and.match(pattern);
    }

    async function takenPort(): Promise<{ port: string; free: () => void }> {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return { port: String((server.address() as AddressInfo).port), free: () => server.close() };
    }

    it('when the HTTP port is taken', async () => {
      const { port, free } = await takenPort();
      await refused(
        { 'http.port': port },
        new RegExp(`TRIBES_E_API_BIND: .*127\\.0\\.0\\.1:${port}.*http\\.port`),
      );
      free();
    });

    it('when the receiver port is taken', async () => {
      const { port, free } = await takenPort();
      await refused(
        { 'receiver.port': port, 'receiver.autoBind': '1' },
        new RegExp(`TRIBES_E_RECEIVER_BIND: .*${port}.*receiver\\.`),
      );
      free();
    });

    it('when the interface is not there', () =>
      refused({ 'membership.bind': '192.0.2.1' }, /TRIBES_E_MEMBERSHIP_BIND: membership\.bind 192\.0\.2\.1/));

    it('when the group cannot be joined', () =>
      refused({ 'membership.address': 'ff02::1' }, /TRIBES_E_MEMBERSHIP_[A-Z]+: .*ff02::1.*membership\./));

    it('when the data directory is no directory', async () => {
      writeFileSync(join(cluster.directory, 'file'), '');
      await refused({ data: join(cluster.directory, 'file') }, /TRIBES_E_STORE_UNREADABLE: data directory /);
    });

    it('when the data directory cannot be made', () =>
      refused({ data: '/proc/tribes/data' }, /TRIBES_E_STORE_UNREADABLE: data directory /));

    it('when the data directory is one of a later version', async () => {
      const daemon = await started('a');
      daemon.signal('SIGTERM');
      await daemon.ended();
      const root = open<Buffer, Buffer>({
        path: join(cluster.dataOf('a'), 'sessions'),
        noSubdir: false,
        maxDbs: 8,
      });
      const meta = root.openDB<Buffer, Buffer>({ name: 'meta', encoding: 'binary', keyEncoding: 'binary' });
      meta.putSync(Buffer.from('format'), Buffer.from([0, 0, 0, 99]));
      await root.close();
      await refused({}, /TRIBES_E_STORE_NEWER: .* has format 99; /);
    });

    it('when the data directory is in use', async () => {
      await started('a');
      await refused({}, /TRIBES_E_STORE_IN_USE: data directory /);
    });

    it('when the token file cannot be used', async () => {
      mkdirSync(join(cluster.directory, 'folder'));
      await refused(
        { 'http.tokenFile': join(cluster.directory, 'folder') },
        /TRIBES_E_API_TOKEN_FILE: .*http\.tokenFile/,
      );
    });

    it('when an interceptor is not one of those that there are', () =>
      refused(
        { 'channel.interceptors': 'TcpFailureDetektor' },
        /TRIBES_E_SETTING_VALUE: channel\.interceptors must be .* TcpFailureDetector.*, not "TcpFailureDetektor"/,
      ));

    for (const [flag, value] of [
      ['--receiver.prot', '1'],
      ['--channel.interceptors', 'Foo'],
    ] as const) {
      it(`and nothing is left half-started: ${flag} ${value} makes no files`, async () => {
        const { code } = await cli([...argv('a'), flag, value], { cwd: cluster.directory });
        expect(code).to.equal(2);
        expect(readdirSync(cluster.directory)).to.deep.equal([]);
      });
    }
  });
});
