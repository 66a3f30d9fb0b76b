import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadOrCreateToken, startApi, type Api } from '../../src/api/index.js';
import {
  contextName,
  defaultJavaLimits,
  defaultViewLimits,
  sessionId,
  silentLogger,
  systemClock,
} from '../../src/base/index.js';
import { TestNode, jdkAttribute, testRecord, vectorBytes } from '../api/test-node.js';
import { eventually } from '../support/eventually.js';
import { CliProcess, cli } from './cli-process.js';

describe('tribes sessions', function () {
  this.timeout(30_000);
  let directory: string;
  let node: TestNode;
  let api: Api;
  const started: CliProcess[] = [];

  async function start(port = 0): Promise<void> {
    api = await startApi(
      node,
      {
        address: '127.0.0.1',
        port,
        token: loadOrCreateToken(join(directory, 'data', 'token')).token,
        allowedHosts: [],
        eventHistory: 100,
        eventHistoryBytes: 1e6,
        maxEventReaders: 10,
        limits: { java: defaultJavaLimits, view: defaultViewLimits },
      },
      { clock: systemClock, logger: silentLogger },
    );
  }

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tribes-cli-'));
    node = new TestNode();
    await node.store.open();
    await start();
  });
  afterEach(async () => {
    started.splice(0).forEach((process) => process.signal('SIGKILL'));
    await api.stop();
    rmSync(directory, { recursive: true });
  });

  /** From the directory of the node, whose default data directory is ./data. */
  const ask = (...argv: string[]) =>
    cli(['sessions', ...argv, '--http.port', String(api.port)], { cwd: directory });

  function textAttribute(name: string, text: string) {
    const head = Buffer.from('aced0005740000', 'hex');
    head.writeUInt16BE(text.length, 5);
    return { names: [name], stream: Buffer.concat([head, Buffer.from(text)]) };
  }

  it('list shows every session', async () => {
    for (let number = 0; number < 1_100; number++) {
      node.store.put(testRecord(`S${number}`, '/app', { attributes: [jdkAttribute('user', 'Integer')] }));
    }
    node.store.put(testRecord('U', '/app', { receivedAt: 5 }));
    node.confirmedSince = 6;
    const { code, stdout, stderr } = await ask('list');
    expect([code, stderr]).to.deep.equal([0, '']);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).to.match(/^ID +CONTEXT +CREATED +ACCESSED +IDLE LIMIT +STATE +ATTRIBUTES$/);
    expect(rows).to.have.length(1_101);
    expect(rows.filter((row) => row.includes(' unconfirmed'))).to.have.length(1);
    expect(rows[0]).to.match(
      /^S\d+ +\/app +2023-11-14T22:13:20\.000Z +2023-11-14T22:13:21\.000Z +1800 s +user$/,
    );
  });

  it('list --context shows those of one context, --json as one JSON value', async () => {
    node.store.put(testRecord('A', 'localhost#/a'));
    node.store.put(testRecord('B', 'localhost#/b'));
    const { stdout } = await ask('list', '--context', 'localhost#/b', '--json');
    expect(JSON.parse(stdout)).to.have.length(1).and.have.nested.property('[0].id', 'B');
  });

  it('show prints a session with its values, and nothing that could steer the terminal', async () => {
    node.store.put(
      testRecord('a/b#1', '/app', {
        principal: vectorBytes('05-session-replication-tomcat9.0.70', 'principal'),
        attributes: [jdkAttribute('evil\u001b[2J\u009b', 'Integer'), jdkAttribute('when', 'Instant')],
      }),
    );
    const { code, stdout } = await ask('show', 'a/b#1');
    expect(code).to.equal(0);
    expect(stdout)
      .to.include('a/b#1')
      .and.include('"alice"')
      .and.include('evil\\u001b[2J\\u009b (java.lang.Integer, 81 bytes)\n42\n');
    expect(stdout).to.include('when (java.time.Instant');
    expect(stdout).not.to.include('\u001b').and.not.include('\u009b');
    expect(JSON.parse((await ask('show', 'a/b#1', '--json')).stdout)).to.have.property('id', 'a/b#1');
  });

  it('show abbreviates what is long for people, not for programs', async () => {
    node.store.put(testRecord('S', '/app', { attributes: [textAttribute('text', 'x'.repeat(10_000))] }));
    const { stdout } = await ask('show', 'S');
    expect(stdout).to.include('… (10000 characters)');
    expect(stdout.length).to.be.lessThan(2_000);
    expect((await ask('show', 'S', '--json')).stdout).to.include('x'.repeat(10_000));
  });

  it('watch says when nobody knows the context, and waits for it', async () => {
    const { port } = api;
    const argv = ['sessions', 'watch', '--context', 'localhost#/ap', '--http.port', String(port)];
    const watch = new CliProcess(argv, { cwd: directory });
    started.push(watch);
    await eventually('it says so', () => watch.stderr.includes('no context "localhost#/ap" yet'), 10_000);
    expect(node.subscribers).to.equal(1);
  });

  it('show ends with 1 when there is no such session, with the words of the mirror', async () => {
    const { code, stdout, stderr } = await ask('show', 'S');
    expect([code, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.match(/^tribes: TRIBES_E_API_NO_SESSION: there is no such session\. [^\n]+\n$/);
  });

  it('show ends with 2 when the id is ambiguous, and names the way out', async () => {
    node.store.put(testRecord('S', '/a'));
    node.store.put(testRecord('S', '/b'));
    const { code, stderr } = await ask('show', 'S');
    expect(code).to.equal(2);
    expect(stderr).to.match(/^tribes: TRIBES_E_API_AMBIGUOUS: /);
    expect((await ask('show', 'S', '--context', '/b')).code).to.equal(0);
  });

  it('watch tells what happens, comes back after an interruption, and ends when interrupted', async () => {
    const { port } = api;
    const watch = new CliProcess(['sessions', 'watch', '--json', '--http.port', String(port)], {
      cwd: directory,
    });
    started.push(watch);
    await eventually('it follows', () => node.subscribers === 1);
    const emit = async (id: string): Promise<void> => {
      // Its connection is open a moment later than the server knows.
      const event = {
        type: 'sessionCreated',
        context: contextName('/app'),
        id: sessionId(id),
        at: 5,
      } as const;
      await eventually(`${id} is told`, () => {
        node.emit(event);
        return watch.stdout.includes(`"${id}"`);
      });
    };
    await emit('S1');
    expect(JSON.parse(watch.stdout.split('\n', 1).join())).to.deep.equal({
      context: '/app',
      id: 'S1',
      at: 5,
      type: 'sessionCreated',
    });
    await api.stop();
    await eventually('it says so', () => watch.stderr.includes('interrupted; trying again'));
    await start(port);
    await emit('S2');
    expect(watch.stdout).to.include('"type":"missed"');
    watch.signal('SIGINT');
    expect((await watch.ended()).code).to.equal(0);
  });

  describe('ends with 2, and one line that says why,', () => {
    it('when no mirror is running there', async () => {
      await api.stop();
      const { code, stdout, stderr } = await ask('list');
      expect([code, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.match(/^tribes: TRIBES_E_CLI_NO_MIRROR: .*ECONNREFUSED[^\n]*\n$/);
    });

    it('when there is no token', async () => {
      rmSync(join(directory, 'data', 'token'));
      const { code, stderr } = await ask('list');
      expect(code).to.equal(2);
      expect(stderr).to.match(
        /^tribes: TRIBES_E_CLI_NO_TOKEN: [^\n]*data\/token [^\n]*directory in which the mirror runs[^\n]*--data[^\n]*\n$/,
      );
    });

    it('when the port is one that no HTTP client asks', async () => {
      const { code, stderr } = await cli(['sessions', 'list', '--http.port', '6000'], { cwd: directory });
      expect(code).to.equal(2);
      expect(stderr).to.match(/^tribes: TRIBES_E_CLI_PORT: [^\n]*:6000[^\n]*http\.port[^\n]*\n$/);
    });

    it('when the token is that of another mirror', async () => {
      writeFileSync(join(directory, 'data', 'token'), 'another-token-0123456789');
      const { code, stderr } = await ask('list');
      expect(code).to.equal(2);
      expect(stderr).to.match(/^tribes: TRIBES_E_API_UNAUTHORIZED: /);
    });

    it('when something else answers there', async () => {
      const other = createServer((_request, response) => response.writeHead(404).end('<html>'));
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      const { code, stderr } = await cli(['sessions', 'list', '--http.port', String(port)], {
        cwd: directory,
      });
      expect(code).to.equal(2);
      expect(stderr).to.match(/^tribes: TRIBES_E_CLI_ANSWER: .*status 404/);
      other.close();
    });
  });
});
