import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { startApi, type Api, type ApiOptions } from '../../src/api/index.js';
import {
  contextName,
  defaultJavaLimits,
  defaultViewLimits,
  sessionId,
  systemClock,
} from '../../src/base/index.js';
import { ClassRules, fromJs, vetValue, writeStream } from '../../src/java/index.js';
import type { NodeView } from '../../src/node/index.js';
import { fakeMember } from '../session/support/fake-channel.js';
import { donor, TestNode } from '../session/support/node.js';
import { stateOf } from '../session/support/streams.js';
import { recordingLogger } from '../support/recording-logger.js';
import { vectorBytes } from './test-node.js';

const READ = 'read-token-0123456789';
const WRITE = 'write-token-0123456789';
const APP = contextName('localhost#/app');
const SHOP = contextName('localhost#/shop');
const ID = sessionId('0123456789ABCDEF0123456789ABCDEF.node1');
const PATH = `/v1/sessions/${ID}`;
const CART = `${PATH}/attributes/cart`;
const JSON_TYPE = 'application/json';
const TYPED = 'application/vnd.tomcat-tribes.typed+json';
const JAVA = 'application/x-java-serialized-object';

const rules = { classes: new ClassRules(['default']), maxBytes: 2 ** 16, maxDepth: 50 };

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

describe('HTTP interface, writing', () => {
  const tomcat = fakeMember(4001);
  let node: TestNode;
  let api: Api;
  const { logger, lines } = recordingLogger();

  async function start(options: Partial<ApiOptions> = {}): Promise<void> {
    const { cluster, channel } = node;
    const view = {
      mirror: cluster,
      writer: cluster.writer,
      channel,
      metrics: new Registry(),
      health: () => ({ ready: true }) as const,
    } as unknown as NodeView;
    api = await startApi(
      view,
      {
        address: '127.0.0.1',
        port: 0,
        token: READ,
        writeToken: WRITE,
        writeLimits: rules,
        allowedHosts: [],
        eventHistory: 100,
        eventHistoryBytes: 1e6,
        maxEventReaders: 2,
        limits: { java: defaultJavaLimits, view: defaultViewLimits },
        ...options,
      },
      { clock: systemClock, logger },
    );
  }

  beforeEach(async () => {
    node = new TestNode({
      write: { vet: (stream) => vetValue(stream, rules), sendOptions: 6, maxPending: 10 },
    });
    donor(node, tomcat, new Map([[APP, stateOf(ID, node.clock.now() - 60_000, { cart: 'x' })]]));
    await node.join(tomcat);
    await node.pass(5_000);
    node.channel.sent.length = 0;
    await start();
  });

  afterEach(() => api.stop());

  async function ask(
    method: string,
    path: string,
    init: RequestInit & { token?: string } = {},
  ): Promise<Answer> {
    const { headers, token = WRITE, ...rest } = init;
    const response = await fetch(`http://127.0.0.1:${api.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(headers as Record<string, string>) },
      ...rest,
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
    };
  }

  const put = (
    body: string | Uint8Array,
    type = JSON_TYPE,
    headers: Record<string, string> = {},
  ): Promise<Answer> => ask('PUT', CART, { body, headers: { 'content-type': type, ...headers } });

  const codeOf = ({ status, body }: Answer): [number, unknown] => [status, body['code']];

  const shown = async (path = CART): Promise<Record<string, unknown>> =>
    (await ask('GET', path, { token: READ })).body;

  describe('who may', () => {
    it('is whoever has the token for writing, in the Authorization header', async () => {
      expect((await put('1')).status).to.equal(200);
      for (const [token, path, headers, status, code] of [
        [READ, CART, {}, 403, 'TRIBES_E_API_READ_ONLY_TOKEN'],
        ['other', CART, {}, 401, 'TRIBES_E_API_WRITE_TOKEN'],
        ['', `${CART}?token=${WRITE}`, {}, 401, 'TRIBES_E_API_WRITE_TOKEN'],
        ['', CART, { cookie: `tribes=${WRITE}` }, 401, 'TRIBES_E_API_WRITE_TOKEN'],
      ] as const) {
        const answer = await ask('PUT', path, {
          token,
          body: '2',
          headers: { 'content-type': JSON_TYPE, ...headers },
        });
        expect(codeOf(answer), `${token} ${path}`).to.deep.equal([status, code]);
      }
      expect(await shown()).to.include({ value: 1 });
    });

    it('is nobody else when everybody may read', async () => {
      await api.stop();
      await start({ token: null });
      const answer = await ask('PUT', CART, { token: '', body: '2', headers: { 'content-type': JSON_TYPE } });
      expect(codeOf(answer)).to.deep.equal([401, 'TRIBES_E_API_WRITE_TOKEN']);
      expect((await put('2')).status).to.equal(200);
    });

    it('does not read with that token', async () => {
      expect(codeOf(await ask('GET', CART))).to.deep.equal([401, 'TRIBES_E_API_UNAUTHORIZED']);
    });

    it('is nobody where writing is switched off', async () => {
      await api.stop();
      await start({ writeToken: null });
      for (const [method, path] of [
        ['PUT', CART],
        ['DELETE', CART],
        ['POST', '/v1/sessions?context=x'],
        ['PATCH', PATH],
        ['DELETE', PATH],
        ['POST', `${PATH}/change-id`],
      ] as const) {
        const answer = await ask(method, path, { token: READ });
        expect(codeOf(answer), method).to.deep.equal([403, 'TRIBES_E_API_READ_ONLY']);
      }
      expect(node.channel.sent).to.deep.equal([]);
    });

    it('is no page of another site', async () => {
      const answer = await put('2', JSON_TYPE, { origin: 'https://evil.example' });
      expect(codeOf(answer)).to.deep.equal([403, 'TRIBES_E_API_ORIGIN']);
    });

    it('is told in the log when he may not, without what he sent', async () => {
      const before = lines('warn').length;
      await ask('PUT', CART, { token: 'guess', body: '"secret"', headers: { 'content-type': JSON_TYPE } });
      await put('"secret', JSON_TYPE);
      const told = lines('warn').slice(before);
      expect(told.map(({ fields }) => fields)).to.deep.include({
        operation: 'change',
        by: 'http',
        address: '127.0.0.1',
        sessionId: ID,
        session: createHash('sha256').update(ID).digest('hex').slice(0, 12),
        code: 'TRIBES_E_WRITE_JSON',
        error: 'the JSON is not understood: a string is expected (at 0)',
      });
      expect(JSON.stringify(told)).not.to.match(/secret|guess/);
    });
  });

  it('names no session in the log where the path names none', async () => {
    const before = lines('warn').length;
    for (const path of ['/v1/sessions', '/v1/sessions/a/b/c/d']) {
      expect((await ask('POST', path)).status, path).to.be.within(400, 404);
    }
    expect(lines('warn').slice(before)).to.have.length.greaterThan(0);
    for (const { fields } of lines('warn').slice(before)) {
      expect(fields).not.to.have.any.keys('session', 'sessionId');
    }
  });

  describe('PUT of an attribute', () => {
    it('takes plain JSON, and says what that is in Java', async () => {
      const value = { class: 'java.lang.Long', value: '5', list: [1, 2.5, null, 'x'] };
      const { status, body, headers } = await put(JSON.stringify(value));
      expect(status).to.equal(200);
      expect(body).to.deep.equal({
        id: ID,
        context: APP,
        set: { cart: 'java.util.LinkedHashMap' },
        acknowledged: [tomcat.name],
        unacknowledged: [],
      });
      expect(await shown()).to.deep.include({ class: 'java.util.LinkedHashMap', value });
      expect(headers.get('etag')).to.equal((await ask('GET', PATH, { token: READ })).headers.get('etag'));
    });

    it('takes plain JSON that names its class', async () => {
      const { status, body } = await put('{"class":"java.lang.Long","value":"5"}');
      expect([status, body['set']]).to.deep.equal([200, { cart: 'java.lang.Long' }]);
      expect(await shown()).to.include({ class: 'java.lang.Long', value: 5 });
    });

    for (const name of ['java.net.URL', 'com.example.Missing', 'Long']) {
      it(`names the class ${name} of such a value when it refuses it`, async () => {
        const answer = await put(JSON.stringify({ class: name, value: '5' }));
        expect(codeOf(answer)).to.deep.equal([422, 'TRIBES_E_WRITE_CLASS']);
        expect(answer.body['message']).to.contain(name);
        expect(node.channel.sent).to.deep.equal([]);
      });
    }

    it('takes JSON with classes', async () => {
      const value = {
        class: 'java.util.TreeMap',
        value: { at: { class: 'java.time.LocalDate', value: '2024-02-29' } },
      };
      expect((await put(JSON.stringify(value), `${TYPED}; charset=utf-8`)).status).to.equal(200);
      expect(await shown()).to.deep.include({ class: 'java.util.TreeMap', value: { at: '2024-02-29' } });
    });

    it('takes a Java stream as it is', async () => {
      const stream = vectorBytes('06-', 'LinkedHashMap-access-order');
      expect((await put(new Uint8Array(stream), JAVA)).status).to.equal(200);
      const response = await fetch(`http://127.0.0.1:${api.port}${CART}?format=java`, {
        headers: { authorization: `Bearer ${READ}` },
      });
      expect(Buffer.from(await response.arrayBuffer()).equals(stream)).to.be.true;
    });

    it('is 201 where there was none', async () => {
      const answer = await ask('PUT', `${PATH}/attributes/${encodeURIComponent('a/b ä')}`, {
        body: 'true',
        headers: { 'content-type': JSON_TYPE },
      });
      expect(answer.status).to.equal(201);
      expect(await shown(`${PATH}/attributes/${encodeURIComponent('a/b ä')}`)).to.include({ value: true });
    });

    it('is 207 where a member did not acknowledge it, and names it', async () => {
      node.channel.onSend = () => {
        throw new Error('no answer');
      };
      const { status, body } = await put('7');
      expect(status).to.equal(207);
      expect(body).to.deep.equal({
        id: ID,
        context: APP,
        set: { cart: 'java.lang.Integer' },
        acknowledged: [],
        unacknowledged: [{ member: tomcat.name, reason: 'no answer' }],
      });
      expect(await shown()).to.include({ value: 7 });
    });

    for (const [what, body, type, status, code] of [
      ['broken JSON', '{', JSON_TYPE, 400, 'TRIBES_E_WRITE_JSON'],
      ['a name twice', '{"a":1,"a":2}', JSON_TYPE, 400, 'TRIBES_E_WRITE_JSON'],
      ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), JSON_TYPE, 400, 'TRIBES_E_API_BODY'],
      ['an object without a class', '{"a":1}', TYPED, 400, 'TRIBES_E_WRITE_JSON'],
      ['another type', 'x', 'text/plain', 415, 'TRIBES_E_API_MEDIA_TYPE'],
      ['a value that is none', '{"class":"java.lang.Byte","value":300}', TYPED, 422, 'TRIBES_E_WRITE_VALUE'],
      [
        'a class that is not allowed',
        '{"class":"java.net.URL","value":"x"}',
        TYPED,
        422,
        'TRIBES_E_WRITE_CLASS',
      ],
      ['a stream of such a class', vectorBytes('06-', 'URL'), JAVA, 422, 'TRIBES_E_WRITE_CLASS'],
      ['a stream that is none', Buffer.from('no stream'), JAVA, 422, 'TRIBES_E_JAVA_HEADER'],
      ['a torn stream', vectorBytes('06-', 'HashMap').subarray(0, -3), JAVA, 422, 'TRIBES_E_JAVA_TRUNCATED'],
      ['null', 'null', JSON_TYPE, 422, 'TRIBES_E_WRITE_STREAM'],
      ['what is too long', JSON.stringify('x'.repeat(2 ** 16)), JSON_TYPE, 422, 'TRIBES_E_WRITE_LIMIT'],
      ['what is far too long', 'x'.repeat(2 ** 18), JSON_TYPE, 413, 'TRIBES_E_API_BODY_TOO_LARGE'],
      [
        'what is nested too deeply',
        `${'['.repeat(99)}${']'.repeat(99)}`,
        JSON_TYPE,
        400,
        'TRIBES_E_WRITE_JSON',
      ],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const answer = await put(typeof body === 'string' ? body : new Uint8Array(body), type);
        expect(codeOf(answer)).to.deep.equal([status, code]);
        expect(answer.body).to.have.keys(['code', 'message', 'remedy']);
        expect(node.channel.sent).to.deep.equal([]);
      });
    }

    it('refuses a body without a type, and names the class that is not allowed', async () => {
      expect(codeOf(await put(new Uint8Array([1]), ''))).to.deep.equal([415, 'TRIBES_E_API_MEDIA_TYPE']);
      const { body } = await put(new Uint8Array(vectorBytes('06-', 'TreeMap-comparator')), JAVA);
      expect(body['message']).to.contain('java.util.Collections$ReverseComparator');
    });
  });

  describe('If-Match', () => {
    const tag = async (): Promise<string> =>
      (await ask('GET', PATH, { token: READ })).headers.get('etag') ?? '';

    it('lets through what was made of the session as it is, once', async () => {
      const etag = await tag();
      const first = await put('1', JSON_TYPE, { 'if-match': `"other", ${etag}` });
      expect(first.status).to.equal(200);
      expect(codeOf(await put('2', JSON_TYPE, { 'if-match': etag }))).to.deep.equal([
        412,
        'TRIBES_E_WRITE_VERSION',
      ]);
      const second = await put('2', JSON_TYPE, { 'if-match': first.headers.get('etag') ?? '' });
      expect(second.status).to.equal(200);
      expect((await put('3', JSON_TYPE, { 'if-match': '*' })).status).to.equal(200);
    });

    it('does not match weakly, and is not passed over when it is garbled', async () => {
      expect((await put('1', JSON_TYPE, { 'if-match': `W/${await tag()}` })).status).to.equal(412);
      expect(codeOf(await put('1', JSON_TYPE, { 'if-match': 'x' }))).to.deep.equal([
        400,
        'TRIBES_E_API_IF_MATCH',
      ]);
    });

    it('of two writers at once lets one through', async () => {
      const etag = await tag();
      const statuses = await Promise.all(
        ['1', '2', '3'].map(async (body) => (await put(body, JSON_TYPE, { 'if-match': etag })).status),
      );
      expect(statuses.sort()).to.deep.equal([200, 412, 412]);
    });

    for (const [method, path] of [
      ['DELETE', CART],
      ['DELETE', PATH],
      ['PATCH', PATH],
      ['POST', `${PATH}/change-id`],
    ] as const) {
      it(`counts for ${method} ${path.replace(ID, 'ID')}`, async () => {
        const init = method === 'PATCH' ? { body: '{}', type: { 'content-type': JSON_TYPE } } : {};
        const answer = await ask(method, path, {
          ...(init.body !== undefined && { body: init.body }),
          headers: { ...init.type, 'if-match': '"stale"' },
        });
        expect(codeOf(answer)).to.deep.equal([412, 'TRIBES_E_WRITE_VERSION']);
      });
    }
  });

  it('DELETE of an attribute removes it', async () => {
    const answer = await ask('DELETE', CART);
    expect([answer.status, answer.body['set']]).to.deep.equal([200, {}]);
    expect(codeOf(await ask('GET', CART, { token: READ }))).to.deep.equal([404, 'TRIBES_E_API_NO_ATTRIBUTE']);
    expect(codeOf(await ask('DELETE', CART))).to.deep.equal([404, 'TRIBES_E_API_NO_ATTRIBUTE']);
  });

  it('PATCH sets, removes and limits with one delta', async () => {
    const set = { a: { class: 'java.lang.Long', value: '1' }, b: { c: { class: 'x', value: 1 } } };
    const body = JSON.stringify({ set, remove: ['cart'], maxInactiveInterval: 60 });
    const answer = await ask('PATCH', PATH, { body, headers: { 'content-type': JSON_TYPE } });
    expect(answer.status).to.equal(200);
    expect(answer.body['set']).to.deep.equal({ a: 'java.lang.Long', b: 'java.util.LinkedHashMap' });
    expect(node.channel.sent).to.have.length(1);
    expect(await shown(PATH)).to.include({ maxInactiveInterval: 60 });
    expect((await shown(PATH))['attributeNames']).to.deep.equal(['a', 'b']);
    for (const [bad, code] of [
      ['[]', 'TRIBES_E_API_BODY'],
      ['{"maxInactiveIntervall":1}', 'TRIBES_E_API_BODY'],
      ['{"maxInactiveInterval":"1"}', 'TRIBES_E_API_BODY'],
      ['{"maxInactiveInterval":1.5}', 'TRIBES_E_WRITE_FIELD'],
      ['{"remove":[1]}', 'TRIBES_E_API_BODY'],
      ['{"set":[1]}', 'TRIBES_E_API_BODY'],
      ['{"set":{"a":1},"remove":["a"]}', 'TRIBES_E_WRITE_NAME'],
      ['{"set":{"":1}}', 'TRIBES_E_WRITE_NAME'],
    ]) {
      const refused = await ask('PATCH', PATH, { body: bad ?? '', headers: { 'content-type': JSON_TYPE } });
      expect(refused.body['code'], bad).to.equal(code);
    }
  });

  it('DELETE of a session ends it', async () => {
    expect((await ask('DELETE', PATH)).body).to.include({ id: ID });
    expect(codeOf(await ask('DELETE', PATH))).to.deep.equal([404, 'TRIBES_E_API_NO_SESSION']);
    expect(node.sent()).to.deep.equal([`4001 SESSION_EXPIRED ${APP} 6`]);
  });

  it('POST of change-id gives it a new one', async () => {
    const { status, body } = await ask('POST', `${PATH}/change-id`);
    expect(status).to.equal(200);
    expect(body['id']).to.match(/^[0-9A-F]{32}\.node1$/);
    expect(codeOf(await ask('GET', PATH, { token: READ }))).to.deep.equal([404, 'TRIBES_E_API_NO_SESSION']);
    expect((await shown(`/v1/sessions/${String(body['id'])}/attributes/cart`))['value']).to.equal('x');
  });

  it('POST of sessions creates one, and says where', async () => {
    const path = `/v1/sessions?context=${encodeURIComponent(APP)}`;
    const body = JSON.stringify({
      attributes: { n: { class: 'java.lang.Long', value: '1' } },
      maxInactiveInterval: 10,
      jvmRoute: 'r1',
    });
    const {
      status,
      headers,
      body: made,
    } = await ask('POST', path, { body, headers: { 'content-type': TYPED } });
    expect(status).to.equal(201);
    expect(made['id']).to.match(/^[0-9A-F]{32}\.r1$/);
    const session = await shown(headers.get('location') ?? '');
    expect(session).to.include({ id: made['id'], maxInactiveInterval: 10 });
    expect(session['attributes']).to.deep.equal({ n: { class: 'java.lang.Long', bytes: 82, value: 1 } });
    expect(made['set']).to.deep.equal({ n: 'java.lang.Long' });
    const plain = await ask('POST', path, { body, headers: { 'content-type': JSON_TYPE } });
    expect([plain.status, plain.body['set']]).to.deep.equal([201, { n: 'java.lang.Long' }]);
    expect((await ask('POST', path)).body['set']).to.deep.equal({});
    expect(codeOf(await ask('POST', '/v1/sessions'))).to.deep.equal([400, 'TRIBES_E_API_QUERY']);
    expect(codeOf(await ask('POST', '/v1/sessions?context=none'))).to.deep.equal([
      404,
      'TRIBES_E_WRITE_NO_CONTEXT',
    ]);
  });

  it('leaves the choice to the writer where several contexts have the id', async () => {
    const [record] = node.cluster.find(ID);
    if (record !== undefined) {
      node.store.put({ ...record, context: SHOP });
    }
    const answer = await ask('DELETE', PATH);
    expect(codeOf(answer)).to.deep.equal([409, 'TRIBES_E_API_AMBIGUOUS']);
    expect(answer.body['contexts']).to.deep.equal([APP, SHOP]);
  });

  it('names the methods of each path', async () => {
    for (const [method, path, allow] of [
      ['PUT', '/v1/sessions', 'GET, HEAD, POST'],
      ['POST', PATH, 'GET, HEAD, PATCH, DELETE'],
      ['POST', CART, 'GET, HEAD, PUT, DELETE'],
      ['DELETE', `${PATH}/change-id`, 'POST'],
      ['POST', '/v1/members', 'GET, HEAD'],
    ] as const) {
      const { status, headers, body } = await ask(method, path, { token: READ });
      expect([status, body['code'], headers.get('allow')], path).to.deep.equal([
        405,
        'TRIBES_E_API_METHOD',
        allow,
      ]);
    }
  });

  it('writes what fromJs would', async () => {
    await put('{"a":[1,"x"]}');
    const [record] = node.cluster.find(ID);
    expect(record?.attributes[0]?.stream.equals(writeStream({ contents: [fromJs({ a: [1, 'x'] })] }))).to.be
      .true;
  });
});
