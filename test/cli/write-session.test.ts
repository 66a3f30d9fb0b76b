import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { loadOrCreateToken, startApi, type Api } from '../../src/api/index.js';
import {
  contextName,
  defaultJavaLimits,
  defaultViewLimits,
  sessionId,
  silentLogger,
  systemClock,
} from '../../src/base/index.js';
import { ClassRules, vetValue } from '../../src/java/index.js';
import type { NodeView } from '../../src/node/index.js';
import { fakeMember } from '../session/support/fake-channel.js';
import { donor, TestNode } from '../session/support/node.js';
import { stateOf } from '../session/support/streams.js';
import { cli } from './cli-process.js';

const APP = contextName('localhost#/app');
const ID = sessionId('0123456789ABCDEF0123456789ABCDEF');
const rules = { classes: new ClassRules(['default']), maxBytes: 2 ** 16, maxDepth: 50 };

describe('tribes sessions, writing', function () {
  this.timeout(30_000);
  const tomcat = fakeMember(4001);
  let directory: string;
  let node: TestNode;
  let api: Api;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tribes-cli-'));
    node = new TestNode({
      write: { vet: (stream) => vetValue(stream, rules), sendOptions: 6, maxPending: 10 },
    });
    donor(node, tomcat, new Map([[APP, stateOf(ID, node.clock.now() - 60_000, { a: '1' })]]));
    await node.join(tomcat);
    await node.pass(5_000);
    const { cluster, channel } = node;
    const view = { mirror: cluster, writer: cluster.writer, channel, metrics: new Registry() };
    const token = (name: string): string => loadOrCreateToken(join(directory, 'data', name)).token;
    api = await startApi(
      view as unknown as NodeView,
      {
        address: '127.0.0.1',
        port: 0,
        token: token('token'),
        writeToken: token('write-token'),
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

  const ask = (...argv: string[]) =>
    cli(['sessions', ...argv, '--http.port', String(api.port)], { cwd: directory });

  it('sets and removes attributes, plain or with their class', async () => {
    expect(await ask('set', ID, 'a', '-5')).to.include({
      code: 0,
      stdout: `${ID}: acknowledged by 1 of 1 members\na is now a java.lang.Integer\n`,
      stderr: '',
    });
    expect(node.attributes(ID)).to.deep.equal({ a: -5 });
    const named = await ask('set', ID, 'b', '{"class":"java.lang.Long","value":"5"}');
    expect(named).to.include({ code: 0 });
    expect(node.attributes(ID)).to.deep.equal({ a: -5, b: 5n });
    const typed = await ask('set', ID, 'b', '{"class":"java.lang.Long","value":"6"}', '--typed');
    expect(typed).to.include({ code: 0 });
    expect(node.attributes(ID)).to.deep.equal({ a: -5, b: 6n });
    expect(await ask('set', ID, 'b', '{"n":1}', '--typed')).to.include({ code: 2 });
    expect(await ask('remove', ID, 'a', '--context', APP)).to.include({ code: 0 });
    expect(node.attributes(ID)).to.deep.equal({ b: 6n });
  });

  it('creates a session, gives it a new id, and ends it', async () => {
    const created = await ask('create', '{"attributes":{"n":1}}', '--context', APP, '--json');
    const { id } = JSON.parse(created.stdout) as { id: string };
    expect(node.attributes(sessionId(id))).to.deep.equal({ n: 1 });
    const changed = await ask('change-id', id);
    const newId = changed.stdout.slice(0, 32);
    expect(node.attributes(sessionId(newId))).to.deep.equal({ n: 1 });
    expect(await ask('expire', newId)).to.include({ code: 0 });
    expect(await ask('expire', newId)).to.include({ code: 1, stdout: '' });
  });

  it('says who has not acknowledged it', async () => {
    node.channel.onSend = () => {
      throw new Error('no answer');
    };
    expect(await ask('set', ID, 'a', '1')).to.deep.include({
      code: 1,
      stdout: `${ID}: acknowledged by 0 of 1 members\na is now a java.lang.Integer\n`,
      stderr: `tribes: ${tomcat.name} has not acknowledged it: no answer\n`,
    });
  });

  it('tells what the node refuses, and what it does not understand itself', async () => {
    const refused = await ask('set', ID, 'a', '{"class":"java.net.URL","value":"x"}', '--typed');
    expect([refused.code, refused.stderr]).to.satisfy(
      ([code, text]: [number, string]) =>
        code === 2 && text.includes('TRIBES_E_WRITE_CLASS: the class java.net.URL'),
    );
    expect(await ask('set', ID, 'a')).to.include({ code: 2 });
  });
});
