import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { open } from 'lmdb';
import { loadOrCreateToken, startApi, type Api } from '../../src/api/index.js';
import {
  defaultJavaLimits,
  defaultViewLimits,
  sessionId,
  silentLogger,
  systemClock,
} from '../../src/base/index.js';
import { LmdbStore } from '../../src/store/index.js';
import { plain } from '../store/session-records.js';
import { TestNode, context, jdkAttribute, testMember, testRecord } from '../api/test-node.js';
import { cli } from './cli-process.js';

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

describe('tribes sessions export and import', function () {
  this.timeout(60_000);
  let directory: string;
  let node: TestNode;
  let api: Api;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tribes-cli-'));
    node = new TestNode();
    await node.store.open();
    api = await startApi(
      node,
      {
        address: '127.0.0.1',
        port: 0,
        token: loadOrCreateToken(join(directory, 'data', 'token')).token,
        import: true,
        writeToken: loadOrCreateToken(join(directory, 'data', 'write-token')).token,
        allowedHosts: [],
        eventHistory: 100,
        eventHistoryBytes: 1e6,
        maxEventReaders: 10,
        limits: { java: defaultJavaLimits, view: defaultViewLimits },
      },
      { clock: systemClock, logger: silentLogger },
    );
  });
  afterEach(async () => {
    await api.stop();
    rmSync(directory, { recursive: true });
  });

  const tribes = (...argv: string[]) =>
    cli(['sessions', ...argv, '--http.port', String(api.port)], { cwd: directory });

  const files = (): string[] => readdirSync(directory).sort();

  function fill(count: number): void {
    const attributes = [jdkAttribute('cart', 'ArrayList'), jdkAttribute('user', 'Integer')];
    for (let number = 0; number < count; number++) {
      node.store.put(testRecord(`S${number}`, number % 2 === 0 ? '/app' : '/other', { attributes }));
    }
  }

  it('move sessions from one mirror to another', async () => {
    fill(3_000);
    const sessions = [...node.store.summaries(context('/app'))].length;
    const exported = await tribes('export', 'all.tribes');
    expect(exported.stderr).to.match(
      /^tribes: 3000 sessions of 2 contexts in all\.tribes, \d+ bytes, without passwords \(0 left out\)\n$/,
    );
    expect([exported.code, exported.stdout]).to.deep.equal([0, '']);
    expect(statSync(join(directory, 'all.tribes')).mode & 0o777).to.equal(0o600);
    expect(files()).to.deep.equal(['all.tribes', 'data']);

    for (let number = 0; number < 3_000; number++) {
      node.store.delete(context(number % 2 === 0 ? '/app' : '/other'), sessionId(`S${number}`));
    }
    node.others.push(testMember(4001, 1));
    const tried = await tribes('import', 'all.tribes', '--dry-run');
    expect(tried.stdout).to.equal('3000 sessions would be imported: 3000 new, 0 in place of others\n');
    expect(node.store.statistics().sessions).to.equal(0);

    const part = await tribes('import', 'all.tribes', '--context', '/app');
    expect(part.stdout).to.equal(`${sessions} sessions imported: ${sessions} new, 0 in place of others\n`);
    expect(part.stderr).to.match(
      /^tribes: all\.tribes is whole: 3000 sessions; as of [^;]+; by tomcat-tribes [\d.]+; without passwords; contexts: "\/app", "\/other"\ntribes: members that are there \(1\) do not get them by themselves/,
    );
    const rest = await tribes('import', 'all.tribes');
    expect(rest.stdout).to.equal(
      `${3_000 - sessions} sessions imported: ${3_000 - sessions} new, 0 in place of others; ${sessions} left out: they are there already, as late or later\n`,
    );
    expect(node.store.statistics().sessions).to.equal(3_000);
    expect(node.store.get(context('/app'), sessionId('S0'))?.attributes).to.have.length(2);
  });

  it('work on a data directory that no mirror has open', async () => {
    fill(100);
    await tribes('export', 'all.tribes');
    const tried = await tribes('import', 'all.tribes', '--offline', '--data', 'new', '--dry-run');
    expect(tried.stdout).to.match(/^100 sessions would be imported/);
    expect(files()).not.to.include('new');
    const imported = await tribes('import', 'all.tribes', '--offline', '--data', 'new');
    expect([imported.code, imported.stdout]).to.deep.equal([
      0,
      '100 sessions imported: 100 new, 0 in place of others\n',
    ]);
    const again = await tribes('export', 'again.tribes', '--offline', '--data', 'new', '--with-secrets');
    expect(again.stderr).to.match(
      /^tribes: 100 sessions of 2 contexts in again\.tribes, .*passwords included\n$/,
    );

    const store = new LmdbStore({ directory: join(directory, 'new'), logger: silentLogger });
    await store.open();
    try {
      expect(plain(store.get(context('/app'), sessionId('S0')))?.attributes).to.deep.equal(
        plain(node.store.get(context('/app'), sessionId('S0')))?.attributes,
      );
      const inUse = await tribes('export', 'used.tribes', '--offline', '--data', 'new');
      expect([inUse.code, inUse.stderr]).to.satisfy(
        ([code, text]: [number, string]) => code === 2 && text.startsWith('tribes: TRIBES_E_STORE_IN_USE'),
      );
    } finally {
      await store.close();
    }
  });

  it('end as failed where sessions could not be read, and keep what could', async () => {
    fill(10);
    await tribes('export', 'all.tribes');
    await tribes('import', 'all.tribes', '--offline', '--data', 'new');
    const root = open<Buffer, Buffer>({
      path: join(directory, 'new', 'sessions'),
      noSubdir: false,
      ...BINARY,
    });
    const bodies = root.openDB<Buffer, Buffer>({ name: 'bodies', ...BINARY });
    const [key] = [...bodies.getKeys()];
    if (key === undefined) {
      throw new Error('there is no session at rest');
    }
    bodies.putSync(key, Buffer.from('no session'));
    await root.close();
    const { code, stderr } = await tribes('export', 'rest.tribes', '--offline', '--data', 'new');
    expect(code).to.equal(1);
    expect(stderr).to.match(/^tribes: 9 sessions of .*; 1 more could not be read, and are not in it\n$/m);
    expect(files()).to.include('rest.tribes');
  });

  it('asks the mirror for nothing where the file cannot be written', async () => {
    const { code, stderr } = await tribes('export', 'nowhere/all.tribes', '--context', '/nowhere');
    expect([code, stderr.split(':')[1]]).to.deep.equal([2, ' TRIBES_E_CLI_WRITE']);
  });

  it('change nothing when the archive is damaged, also at its very end', async () => {
    fill(10);
    await tribes('export', 'all.tribes');
    const bytes = readFileSync(join(directory, 'all.tribes'));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(join(directory, 'all.tribes'), bytes);
    const { code, stdout, stderr } = await tribes('import', 'all.tribes', '--offline', '--data', 'new');
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.match(/^tribes: TRIBES_E_ARCHIVE_DAMAGED: /);
    expect(files()).not.to.include('new');
  });

  it('leave what was there when an export does not succeed', async () => {
    writeFileSync(join(directory, 'all.tribes'), 'as it was');
    const { code, stderr } = await tribes('export', 'all.tribes', '--context', '/nowhere');
    expect([code, stderr.split(':')[1]]).to.deep.equal([1, ' TRIBES_E_API_NO_CONTEXT']);
    const secrets = await tribes('export', 'all.tribes', '--with-secrets');
    expect([secrets.code, secrets.stderr.split(':')[1]]).to.deep.equal([2, ' TRIBES_E_API_SECRETS']);
    expect(readFileSync(join(directory, 'all.tribes'), 'utf8')).to.equal('as it was');
    expect(files()).to.deep.equal(['all.tribes', 'data']);
  });

  it('say what is wrong', async () => {
    fill(2);
    await tribes('export', 'all.tribes');
    for (const [argv, expected] of [
      [['import', 'none.tribes'], 'TRIBES_E_CLI_FILE'],
      [['import', 'all.tribes', '--context', '/nowhere'], 'TRIBES_E_CLI_NO_CONTEXT'],
      [['export', 'no/where.tribes'], 'TRIBES_E_CLI_WRITE'],
      [['export', 'x.tribes', '--offline', '--data', 'nothing'], 'TRIBES_E_CLI_NO_STORE'],
      [['export'], 'TRIBES_E_CLI_USAGE'],
    ] as const) {
      const { code, stderr } = await tribes(...argv);
      expect([code, stderr.split(':')[1]?.trim()]).to.deep.equal([2, expected]);
    }
    expect(files()).to.deep.equal(['all.tribes', 'data']);
  });
});
