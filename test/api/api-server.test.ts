import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { startApi, type Api, type ApiOptions } from '../../src/api/index.js';
import {
  contextName,
  defaultJavaLimits,
  defaultViewLimits,
  sessionId,
  systemClock,
} from '../../src/base/index.js';
import { cut, scanStream, uncutStream } from '../../src/java/index.js';
import { encodeMirrorPayload } from '../../src/wire/index.js';
import { rejectionOf } from '../support/errors.js';
import { recordingLogger } from '../support/recording-logger.js';
import { TestNode, jdkAttribute, testMember, testRecord, vectorBytes } from './test-node.js';

const TOKEN = 'test-token-0123456789';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

describe('HTTP interface', () => {
  let node: TestNode;
  let api: Api;
  let base: string;
  const { logger, lines } = recordingLogger();

  async function start(
    options: Partial<ApiOptions> = {},
    viewLimits = defaultViewLimits,
    javaLimits = defaultJavaLimits,
  ): Promise<void> {
    api = await startApi(
      node,
      {
        address: '127.0.0.1',
        port: 0,
        token: TOKEN,
        allowedHosts: [],
        eventHistory: 100,
        eventHistoryBytes: 1e6,
        maxEventReaders: 2,
        limits: { java: javaLimits, view: viewLimits },
        ...options,
      },
      { clock: systemClock, logger },
    );
    base = `http://127.0.0.1:${api.port}`;
  }

  beforeEach(async () => {
    node = new TestNode();
    await node.store.open();
    await start();
  });
  afterEach(() => api.stop());

  async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(base + path, { headers: { authorization: `Bearer ${TOKEN}` }, ...init });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer['body'],
    };
  }

  async function get(path: string): Promise<unknown> {
    const { status, body } = await ask(path);
    expect(status, JSON.stringify(body)).to.equal(200);
    return body;
  }

  async function refusal(path: string, init: RequestInit = {}): Promise<[number, unknown]> {
    const { status, body } = await ask(path, init);
    expect(body['message'], path).to.be.a('string');
    expect(body['remedy'], path).to.be.a('string');
    return [status, body['code']];
  }

  /** With headers that fetch does not let one set. */
  async function statusWith(path: string, headers: Record<string, string>): Promise<number> {
    return await new Promise((resolve, reject) => {
      const sent = request(base + path, { headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  /** The answer to bytes that need not be HTTP. */
  async function raw(bytes: string): Promise<string> {
    const socket = connect(api.port, '127.0.0.1');
    socket.write(bytes);
    return await text(socket);
  }

  describe('access', () => {
    const paths = [
      '/',
      '/v1/members',
      '/v1/contexts',
      '/v1/sessions',
      '/v1/sessions/x',
      '/v1/events',
      '/nothing',
    ];

    it('needs the token everywhere but at /healthz and /metrics', async () => {
      for (const path of paths) {
        const { status, headers, body } = await ask(path, { headers: {} });
        expect(status, path).to.equal(401);
        expect(body['code'], path).to.equal('TRIBES_E_API_UNAUTHORIZED');
        expect(headers.get('www-authenticate')).to.match(/^Bearer/);
      }
      for (const path of ['/healthz', '/metrics']) {
        expect((await fetch(base + path)).status, path).to.equal(200);
      }
    });

    it('is given by the address that is for people, and then by a cookie that no script reads', async () => {
      expect(api.url).to.equal(`${base}/?token=${TOKEN}`);
      const page = await fetch(api.url);
      expect(page.status).to.equal(200);
      const cookie = page.headers.get('set-cookie') ?? '';
      expect(cookie).to.match(/; Path=\/; HttpOnly; SameSite=Strict$/);
      const [pair = ''] = cookie.split(';');
      expect((await fetch(`${base}/v1/members`, { headers: { cookie: pair } })).status).to.equal(200);
      expect((await fetch(`${base}/v1/members`, { headers: { cookie: `${pair}x` } })).status).to.equal(401);
      expect(page.headers.get('referrer-policy')).to.equal('no-referrer');
    });

    it('is for everybody when it is insecure', async () => {
      await api.stop();
      await start({ token: null });
      expect(api.url).to.equal(`${base}/`);
      expect((await fetch(`${base}/v1/members`)).status).to.equal(200);
    });

    it('is refused for a Host that is not ours, at every path that needs the token', async () => {
      for (const path of paths) {
        const headers = { host: 'rebound.example', authorization: `Bearer ${TOKEN}` };
        expect(await statusWith(path, headers), path).to.equal(403);
      }
    });

    it('asks for no name at /healthz and /metrics: probes and scrapers use any, or none', async () => {
      for (const path of ['/healthz', '/metrics']) {
        expect(await statusWith(path, { host: 'tribes.svc.example:80' }), path).to.equal(200);
        for (const head of [`GET ${path} HTTP/1.0`, `GET ${path} HTTP/1.1\r\nConnection: close`]) {
          expect(await raw(`${head}\r\n\r\n`), head).to.match(/^HTTP\/1\.1 200 /);
        }
      }
      const bearer = `Authorization: Bearer ${TOKEN}`;
      expect(await raw(`GET /v1/members HTTP/1.0\r\n${bearer}\r\n\r\n`)).to.match(/^HTTP\/1\.1 403 /);
    });

    it('is refused for other origins, and never granted to them', async () => {
      for (const origin of ['http://evil.example', 'null', 'http://localhost:1']) {
        expect(
          await statusWith('/v1/members', { origin, authorization: `Bearer ${TOKEN}` }),
          origin,
        ).to.equal(403);
      }
      const own = await ask('/v1/members', { headers: { authorization: `Bearer ${TOKEN}`, origin: base } });
      expect(own.status).to.equal(200);
      expect([...own.headers.keys()].filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
    });

    it('is only to read', async () => {
      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const { status, headers, body } = await ask('/v1/sessions', {
          method,
          headers: { authorization: `Bearer ${TOKEN}` },
        });
        expect([status, body['code'], headers.get('allow')], method).to.deep.equal([
          405,
          'TRIBES_E_API_METHOD',
          'GET, HEAD',
        ]);
      }
      expect(
        await refusal('/v1/sessions', { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } }),
      ).to.deep.equal([403, 'TRIBES_E_API_READ_ONLY']);
      const head = await fetch(`${base}/v1/members`, {
        method: 'HEAD',
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      expect([head.status, await head.text()]).to.deep.equal([200, '']);
    });

    it('leaves nothing in caches', async () => {
      expect((await ask('/v1/members')).headers.get('cache-control')).to.equal('no-store');
      expect((await ask('/nothing')).headers.get('cache-control')).to.equal('no-store');
    });
  });

  describe('bad requests', () => {
    it('are 404 for paths that do not exist', async () => {
      for (const path of [
        '/nothing',
        '/v1',
        '/v1/session',
        '/v1/sessions/a/b',
        '/v1/members/',
        '/v2/members',
      ]) {
        expect(await refusal(path), path).to.deep.equal([404, 'TRIBES_E_API_NO_PATH']);
      }
    });

    it('are 400 for paths that are not percent-encoded', async () => {
      for (const path of ['/v1/sessions/%', '/v1/sessions/%zz', '/v1/sessions/%ff']) {
        expect(await refusal(path), path).to.deep.equal([400, 'TRIBES_E_API_PATH']);
      }
    });

    it('are told like all errors when they are no requests at all', async () => {
      for (const [bytes, status, code] of [
        [`GET /${'x'.repeat(5_000_000)} HTTP/1.1\r\n\r\n`, 431, 'TRIBES_E_API_HEAD_TOO_LARGE'],
        ['\u0016\u0003\u0001\r\n\r\n', 400, 'TRIBES_E_API_NOT_HTTP'],
      ] as const) {
        const answer = await raw(bytes);
        const [head = '', body = ''] = answer.split('\r\n\r\n');
        expect(head)
          .to.match(new RegExp(`^HTTP/1\\.1 ${status} `))
          .and.include('referrer-policy: no-referrer');
        expect(JSON.parse(body)).to.include({ code }).and.have.all.keys('code', 'message', 'remedy');
      }
    });

    it('are told so on a connection that has had an answer before, too', async () => {
      const socket = connect(api.port, '127.0.0.1');
      const answers = text(socket);
      socket.write('GET /healthz HTTP/1.1\r\n\r\n');
      await once(socket, 'readable');
      socket.write('nonsense\r\n\r\n');
      expect((await answers).match(/HTTP\/1\.1 \d+/g)).to.deep.equal(['HTTP/1.1 200', 'HTTP/1.1 400']);
    });

    it('are 400 for queries that are not understood', async () => {
      node.store.put(testRecord('S', '/app', { attributes: [jdkAttribute('a', 'Integer')] }));
      for (const path of [
        '/v1/sessions?contxt=%2Fapp',
        '/v1/sessions?limit=0',
        '/v1/sessions?limit=10001',
        '/v1/sessions?limit=ten',
        '/v1/sessions?limit=',
        '/v1/sessions?limit=1&limit=2',
        '/v1/sessions/S?format=java',
        '/v1/sessions/S/attributes/a?format=xml',
        '/v1/sessions/S/attributes/a?format=',
        '/v1/members?all=true',
        '/healthz?x=1',
        '/v1/events?from=1',
      ]) {
        expect(await refusal(path), path).to.deep.equal([400, 'TRIBES_E_API_QUERY']);
      }
    });

    it('are 400 for a cursor that is none of ours', async () => {
      expect(await refusal('/v1/sessions?cursor=zzz')).to.deep.equal([400, 'TRIBES_E_STORE_CURSOR']);
    });

    it('are 404 for what is not there', async () => {
      node.store.put(testRecord('S', '/app', { attributes: [jdkAttribute('a', 'Integer')] }));
      expect(await refusal('/v1/sessions?context=%2Fother')).to.deep.equal([404, 'TRIBES_E_API_NO_CONTEXT']);
      expect(await refusal('/v1/sessions/S?context=')).to.deep.equal([404, 'TRIBES_E_API_NO_CONTEXT']);
      expect(await refusal('/v1/sessions/T')).to.deep.equal([404, 'TRIBES_E_API_NO_SESSION']);
      expect(await refusal('/v1/sessions/S/attributes/b')).to.deep.equal([404, 'TRIBES_E_API_NO_ATTRIBUTE']);
      expect(await refusal('/v1/sessions/S/attributes/__proto__')).to.deep.equal([
        404,
        'TRIBES_E_API_NO_ATTRIBUTE',
      ]);
    });

    it('say nothing of faults of the node but that they happened; the log says more', async () => {
      node.mirror.contexts = () => {
        throw new Error('secret detail');
      };
      const { status, body } = await ask('/v1/contexts');
      expect(status).to.equal(500);
      expect(JSON.stringify(body)).to.include('TRIBES_E_API_INTERNAL').and.not.include('secret');
      expect(lines('error').at(-1)?.message).to.equal('an HTTP request failed');
    });
  });

  describe('GET /healthz', () => {
    it('is 200 when ready, otherwise 503 with the reason', async () => {
      expect(await get('/healthz')).to.deep.equal({ status: 'ok' });
      node.state = { ready: false, reason: 'waiting for tcp://127.0.0.1:4001' };
      const { status, body } = await ask('/healthz');
      expect([status, body]).to.deep.equal([
        503,
        { status: 'unready', reason: 'waiting for tcp://127.0.0.1:4001' },
      ]);
    });

    it('tells of warnings, which change nothing in that', async () => {
      const warnings = ['something was lost. Do something.'];
      node.state = { ready: true, warnings };
      expect(await get('/healthz')).to.deep.equal({ status: 'ok', warnings });
      node.state = { ready: false, reason: 'waiting', warnings };
      const { status, body } = await ask('/healthz');
      expect([status, body]).to.deep.equal([503, { status: 'unready', reason: 'waiting', warnings }]);
    });
  });

  describe('GET /metrics', () => {
    it('is what the registry of the node says', async () => {
      const response = await fetch(`${base}/metrics`);
      expect(response.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
      expect(await response.text()).to.equal(await node.metrics.metrics());
    });
  });

  describe('GET /v1/members', () => {
    it('is the local member and the others, in their order', async () => {
      node.others.push(
        testMember(4001, 90_000, 'dom\u00e4ne'),
        testMember(4002, 1_000, '', encodeMirrorPayload()),
      );
      expect(await get('/v1/members')).to.deep.equal({
        local: {
          name: 'tcp://127.0.0.1:4000',
          host: '127.0.0.1',
          port: 4000,
          securePort: -1,
          udpPort: -1,
          uniqueId: 'a0'.repeat(16),
          domain: '',
          aliveMs: 0,
          mirror: false,
          state: 'local',
        },
        members: [
          {
            name: 'tcp://127.0.0.1:4001',
            host: '127.0.0.1',
            port: 4001,
            securePort: -1,
            udpPort: -1,
            uniqueId: 'a1'.repeat(16),
            domain: 'domäne',
            aliveMs: 90_000,
            mirror: false,
            state: 'member',
          },
          {
            name: 'tcp://127.0.0.1:4002',
            host: '127.0.0.1',
            port: 4002,
            securePort: -1,
            udpPort: -1,
            uniqueId: 'a2'.repeat(16),
            domain: '',
            aliveMs: 1_000,
            mirror: true,
            state: 'member',
          },
        ],
        bridges: [],
      });
    });

    it('says of a member why it cannot be understood', async () => {
      const [strange, other] = [testMember(4001, 9), testMember(4002, 9)];
      node.others.push(strange, other);
      node.problems.set(strange.key, 'it has another encryptionKey');
      const { members } = (await get('/v1/members')) as { members: object[] };
      expect(members[0]).to.include({ problem: 'it has another encryptionKey' });
      expect(members[1]).not.to.have.property('problem');
    });
  });

  describe('GET /v1/contexts', () => {
    it('is what the mirror says', async () => {
      node.store.put(testRecord('S', 'localhost#/app'));
      expect(await get('/v1/contexts')).to.deep.equal([
        { name: 'localhost#/app', manager: 'DeltaManager', sessions: 1, unconfirmed: 0, members: [] },
      ]);
    });
  });

  describe('GET /v1/sessions', () => {
    it('lists the sessions without their values', async () => {
      node.store.put(testRecord('S', 'localhost#/app', { attributes: [jdkAttribute('user', 'Integer')] }));
      expect(await get('/v1/sessions')).to.deep.equal({
        sessions: [
          {
            id: 'S',
            context: 'localhost#/app',
            creationTime: 1_700_000_000_000,
            lastAccessedTime: 1_700_000_001_000,
            maxInactiveInterval: 1800,
            attributeNames: ['user'],
            unconfirmed: false,
          },
        ],
        next: null,
      });
    });

    it('says which no Tomcat has told of', async () => {
      node.store.put(testRecord('S', 'localhost#/app'));
      node.confirmedSince = Infinity;
      const { sessions } = (await get('/v1/sessions')) as { sessions: { unconfirmed: boolean }[] };
      expect(sessions.map(({ unconfirmed }) => unconfirmed)).to.deep.equal([true]);
      expect(await get('/v1/sessions/S')).to.include({ unconfirmed: true });
    });

    it('gives every session once, page by page', async () => {
      for (let number = 0; number < 25; number++) {
        node.store.put(testRecord(`S${number}`, number % 2 === 0 ? '/even' : '/odd'));
      }
      const ids: string[] = [];
      let cursor: string | null = null;
      let pages = 0;
      do {
        const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = (await get(`/v1/sessions?limit=10${query}`)) as {
          sessions: { id: string }[];
          next: string | null;
        };
        ids.push(...page.sessions.map(({ id }) => id));
        cursor = page.next;
        pages++;
      } while (cursor !== null);
      expect(pages).to.equal(3);
      expect(new Set(ids).size).to.equal(25);
      expect(ids).to.have.length(25);
    });

    it('lists one context, the root context of a Host included', async () => {
      node.store.put(testRecord('R', ''));
      node.store.put(testRecord('S', 'localhost#/a b+c'));
      const ids = async (query: string) =>
        ((await get(`/v1/sessions?${query}`)) as { sessions: { id: string }[] }).sessions.map(({ id }) => id);
      expect(await ids('context=')).to.deep.equal(['R']);
      expect(await ids('context=localhost%23%2Fa%20b%2Bc')).to.deep.equal(['S']);
      expect(await ids('context=localhost%23%2Fa+b%2Bc')).to.deep.equal(['S']);
    });
  });

  describe('routes', () => {
    beforeEach(() => {
      for (let number = 0; number < 600; number++) {
        node.store.put(testRecord(`S${number}.node${number % 3}`, number % 2 === 0 ? '/app' : '/other'));
      }
      node.store.put(testRecord('bare', '/app'));
    });

    it('are counted at /v1/routes, by context', async () => {
      expect(await get('/v1/routes')).to.have.deep.members([
        { context: '/app', route: null, sessions: 1 },
        ...['/app', '/other'].flatMap((name) =>
          [0, 1, 2].map((route) => ({ context: name, route: `node${route}`, sessions: 100 })),
        ),
      ]);
      node.store.delete(contextName('/app'), sessionId('bare'));
      expect(await get('/v1/routes')).to.have.length(6);
    });

    async function idsOf(query: string): Promise<string[]> {
      const ids: string[] = [];
      let next: string | null = '';
      while (next !== null) {
        const cursor: string = next === '' ? '' : `&cursor=${next}`;
        const page = (await get(`/v1/sessions?limit=7${query}${cursor}`)) as {
          sessions: { id: string }[];
          next: string | null;
        };
        expect(page.sessions).to.have.length.at.most(7);
        ids.push(...page.sessions.map(({ id }) => id));
        next = page.next;
      }
      return ids;
    }

    it('choose among the sessions', async () => {
      const ids = await idsOf('&route=node1');
      expect(new Set(ids).size).to.equal(200);
      expect(ids.filter((id) => !id.endsWith('.node1'))).to.deep.equal([]);
      expect(await idsOf('&route=node1&context=/app')).to.have.length(100);
      expect(await idsOf('&route=')).to.deep.equal(['bare']);
      expect(await idsOf('&route=ode1')).to.deep.equal([]);
    });
  });

  describe('GET /v1/sessions/ID', () => {
    it('is the session with the values of its attributes', async () => {
      node.store.put(
        testRecord('S', '/app', {
          isNew: true,
          authType: 'FORM',
          attributes: [
            jdkAttribute('count', 'Integer'),
            jdkAttribute('when', 'Instant'),
            jdkAttribute('list', 'ArrayList'),
            jdkAttribute('nothing', 'null'),
          ],
          notes: [{ names: ['note'], stream: vectorBytes('06-', 'string-ascii') }],
        }),
      );
      const session = (await get('/v1/sessions/S')) as {
        attributes: Record<string, { class: unknown; bytes: unknown }>;
      };
      expect(session).to.deep.include({
        id: 'S',
        context: '/app',
        creationTime: 1_700_000_000_000,
        lastAccessedTime: 1_700_000_001_000,
        maxInactiveInterval: 1800,
        attributeNames: ['count', 'when', 'list', 'nothing'],
        isNew: true,
        isValid: true,
        authType: 'FORM',
        principal: null,
        noteNames: ['note'],
      });
      expect(session.attributes['count']).to.deep.equal({ class: 'java.lang.Integer', bytes: 81, value: 42 });
      expect(session.attributes['when']?.class).to.equal('java.time.Instant');
      expect(session.attributes['list']?.class).to.equal('java.util.ArrayList');
      expect(session.attributes['nothing']).to.deep.equal({ class: null, bytes: 5, value: null });
    });

    it('keeps attributes apart whose names are those of JavaScript', async () => {
      const names = [
        '__proto__',
        'constructor',
        'toString',
        '10',
        '9',
        '',
        '\u0000',
        '</script>',
        '"',
        '\ud800',
      ];
      node.store.put(
        testRecord('S', '/app', { attributes: names.map((name) => jdkAttribute(name, 'Integer')) }),
      );
      const response = await fetch(`${base}/v1/sessions/S`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      const text = await response.text();
      const keys = [...text.slice(text.indexOf('"attributes":')).matchAll(/("(?:[^"\\]|\\.)*"):\{"class"/g)];
      expect(keys.map(([, key = '']) => JSON.parse(key) as unknown)).to.deep.equal(names);
      expect(({} as Record<string, unknown>)['class']).to.be.undefined;
    });

    it('shows attributes that rest in one stream each for itself', async () => {
      const stream = vectorBytes('06-', 'array-shared-reference');
      const [shared] = scanStream(stream).values;
      const both = shared === undefined ? stream : cut([shared, shared]);
      node.store.put(testRecord('S', '/app', { attributes: [{ names: ['a', 'b'], stream: both }] }));
      const { attributes } = (await get('/v1/sessions/S')) as {
        attributes: Record<string, { bytes: number }>;
      };
      expect(attributes['b']).to.deep.equal(attributes['a']);
      expect(attributes['b']?.bytes).to.equal(stream.length);
      const response = await fetch(`${base}/v1/sessions/S/attributes/b?format=java&token=${TOKEN}`);
      expect(Buffer.from(await response.arrayBuffer()).equals(stream)).to.be.true;
    });

    it('says why a value cannot be told from what followed it in its message, and never shows any of that', async () => {
      const bytes = vectorBytes('05-session-replication-tomcat9.0.70', 'sessions-principal-and-listener');
      const stream = uncutStream({ reason: 'torn', className: 'com.example.Cart', bytes });
      const attributes = [
        { names: ['lost'], stream, uncut: true as const },
        { names: ['old'], stream: bytes, uncut: true as const },
      ];
      node.store.put(testRecord('S', '/app', { attributes }));
      const session = (await get('/v1/sessions/S')) as { attributes: unknown };
      const value = { '@opaque': 'torn', '@class': 'com.example.Cart', bytes: bytes.length };
      expect(session.attributes).to.deep.equal({
        lost: { class: null, bytes: null, value },
        old: { class: null, bytes: null, value: { '@opaque': 'uncut', bytes: bytes.length } },
      });
      expect(await refusal('/v1/sessions/S/attributes/lost?format=java')).to.deep.equal([
        422,
        'TRIBES_E_SESSION_UNCUT',
      ]);
    });

    it('says so where a value is beyond the limits, and shows the others', async () => {
      await api.stop();
      await start({}, defaultViewLimits, { ...defaultJavaLimits, maxBytes: 100 });
      node.store.put(
        testRecord('S', '/app', {
          attributes: [jdkAttribute('big', 'GregorianCalendar'), jdkAttribute('a', 'Integer')],
        }),
      );
      const { attributes } = (await get('/v1/sessions/S')) as {
        attributes: Record<string, { value: unknown }>;
      };
      expect(attributes['big']?.value).to.have.property('@error', 'TRIBES_E_JAVA_LIMIT');
      expect(attributes['a']?.value).to.equal(42);
    });

    it('cuts what is shown of a value, and says so', async () => {
      await api.stop();
      await start({}, { ...defaultViewLimits, maxViewNodes: 2 });
      node.store.put(testRecord('S', '/app', { attributes: [jdkAttribute('list', 'ArrayList')] }));
      const text = JSON.stringify(await get('/v1/sessions/S'));
      expect(text).to.include('@truncated');
    });

    for (const release of ['05-session-replication-tomcat9.0.70', '05-session-replication-tomcat10.1.60']) {
      it(`shows name and roles of the principal, never its password (${release})`, async () => {
        node.store.put(testRecord('S', '/app', { principal: vectorBytes(release, 'principal') }));
        const { principal } = (await get('/v1/sessions/S')) as { principal: unknown };
        expect(principal).to.deep.equal({
          class: 'org.apache.catalina.realm.GenericPrincipal$SerializablePrincipal',
          name: 'alice',
          roles: ['admin', 'user'],
        });
      });
    }

    it('shows of a principal of another class nothing but the class', async () => {
      node.store.put(testRecord('S', '/app', { principal: vectorBytes('06-', 'X500Principal') }));
      const { principal } = (await get('/v1/sessions/S')) as { principal: unknown };
      expect(principal).to.deep.equal({
        class: 'javax.security.auth.x500.X500Principal',
        name: null,
        roles: null,
      });
    });

    it('is 409 with the choice when several contexts have the id, and the chosen one with context', async () => {
      node.store.put(testRecord('S', 'localhost#/a'));
      node.store.put(testRecord('S', 'localhost#/b'));
      const { status, body } = await ask('/v1/sessions/S');
      expect([status, body['code']]).to.deep.equal([409, 'TRIBES_E_API_AMBIGUOUS']);
      expect(body['contexts']).to.have.members(['localhost#/a', 'localhost#/b']);
      expect(await get('/v1/sessions/S?context=localhost%23%2Fb')).to.include({ context: 'localhost#/b' });
    });

    it('finds every id there can be, percent-encoded', async () => {
      const ids = [
        'A.jvm1',
        'a/b',
        'a#b',
        'a%b',
        'a%2Fb',
        '%25',
        'a?b=c',
        'ü😀',
        '..',
        'a b',
        'a+b',
        'x'.repeat(5000),
        'a;b',
      ];
      for (const id of ids) {
        node.store.put(testRecord(id, '/app'));
      }
      for (const id of ids) {
        // URL parsers resolve dot segments, encoded or not: a client has to send them raw.
        if (id !== '..') {
          expect(await get(`/v1/sessions/${encodeURIComponent(id)}`), id).to.include({ id });
        }
      }
    });
  });

  describe('GET /v1/sessions/ID/attributes/NAME', () => {
    it('is the attribute as it is shown within the session', async () => {
      node.store.put(
        testRecord('S', '/app', { attributes: [jdkAttribute('a', 'UUID'), jdkAttribute('b', 'Integer')] }),
      );
      expect(await get('/v1/sessions/S/attributes/b')).to.deep.equal({
        class: 'java.lang.Integer',
        bytes: 81,
        value: 42,
      });
      expect(await get('/v1/sessions/S/attributes/b?format=json')).to.include({ value: 42 });
    });

    it('is its own Java stream, byte for byte', async () => {
      const group = jdkAttribute('a', 'GregorianCalendar');
      node.store.put(testRecord('S', '/app', { attributes: [group] }));
      const response = await fetch(
        `${base}/v1/sessions/S/attributes/a?format=java&context=%2Fapp&token=${TOKEN}`,
      );
      expect(response.headers.get('content-type')).to.equal('application/x-java-serialized-object');
      expect(Buffer.from(await response.arrayBuffer()).equals(group.stream)).to.be.true;
    });

    it('finds every name there can be, percent-encoded', async () => {
      const names = [
        'a/b',
        'a#b',
        'a%b',
        '%2F',
        '__proto__',
        'ü😀',
        'a b',
        'a+b',
        '\u0000',
        'x'.repeat(5000),
        '?',
      ];
      node.store.put(
        testRecord('S/1', '/app', { attributes: names.map((name) => jdkAttribute(name, 'Integer')) }),
      );
      for (const name of names) {
        expect(await get(`/v1/sessions/S%2F1/attributes/${encodeURIComponent(name)}`), name).to.include({
          value: 42,
        });
      }
    });
  });

  describe('GET /v1/events', () => {
    const app = contextName('/app');

    async function open(query = '', headers: Record<string, string> = {}): Promise<EventReader> {
      const aborted = new AbortController();
      const response = await fetch(`${base}/v1/events${query}`, {
        headers: { authorization: `Bearer ${TOKEN}`, ...headers },
        signal: aborted.signal,
      });
      return new EventReader(response, aborted);
    }

    it('tells of members, sessions and attributes', async () => {
      const events = await open();
      node.emit({ type: 'sessionCreated', context: app, id: sessionId('S'), at: 1 });
      node.emit({ type: 'attributeChanged', context: app, id: sessionId('S'), at: 2, name: 'a\nb' });
      node.tellOfMembers((listener) => listener.memberAdded(testMember(4001, 5)));
      node.tellOfMembers((listener) => listener.memberDisappeared(testMember(4001, 9), 'expired'));
      const [created, changed, added, gone] = await events.take(4);
      expect(created).to.deep.include({
        event: 'session',
        data: { type: 'sessionCreated', context: '/app', id: 'S', at: 1 },
      });
      expect(changed).to.deep.include({
        event: 'attribute',
        data: { type: 'attributeChanged', context: '/app', id: 'S', at: 2, name: 'a\nb' },
      });
      expect(added?.event).to.equal('member');
      expect(added?.data).to.include({ type: 'memberAdded' });
      expect(gone?.data).to.include({ type: 'memberDisappeared', reason: 'expired' });
      expect(gone?.data['member']).to.include({ name: 'tcp://127.0.0.1:4001', aliveMs: 9 });
      events.close();
    });

    it('goes on where the reader was, by header or by query', async () => {
      const first = await open();
      node.emit({ type: 'sessionCreated', context: app, id: sessionId('S1'), at: 1 });
      const id = (await first.take(1))[0]?.id ?? '';
      first.close();
      node.emit({ type: 'sessionCreated', context: app, id: sessionId('S2'), at: 2 });
      for (const again of [await open('', { 'last-event-id': id }), await open(`?lastEventId=${id}`)]) {
        expect((await again.take(1))[0]?.data).to.include({ id: 'S2' });
        again.close();
      }
    });

    it('tells a reader that comes back too late how much it missed', async () => {
      const first = await open();
      node.emit({ type: 'sessionCreated', context: app, id: sessionId('S'), at: 0 });
      const id = (await first.take(1))[0]?.id ?? '';
      first.close();
      for (let number = 1; number <= 150; number++) {
        node.emit({ type: 'sessionAccessed', context: app, id: sessionId('S'), at: number });
      }
      const again = await open('', { 'last-event-id': id });
      const [missed, next] = await again.take(2);
      expect(missed).to.deep.include({ event: 'missed', data: { type: 'missed', count: 50 } });
      expect(next?.data).to.include({ at: 51 });
      again.close();
    });

    it('tells nobody its address, which may hold the token', async () => {
      const aborted = new AbortController();
      const { headers } = await fetch(`${base}/v1/events?token=${TOKEN}`, { signal: aborted.signal });
      aborted.abort();
      expect(headers.get('referrer-policy')).to.equal('no-referrer');
      expect(headers.get('cache-control')).to.equal('no-store');
    });

    it('leaves out other contexts when asked to', async () => {
      const events = await open('?context=%2Fapp');
      node.emit({ type: 'sessionCreated', context: contextName('/other'), id: sessionId('S1'), at: 1 });
      node.emit({ type: 'sessionCreated', context: app, id: sessionId('S2'), at: 2 });
      expect((await events.take(1))[0]?.data).to.include({ id: 'S2' });
      events.close();
    });

    it('has a bounded number of readers', async () => {
      const readers = [await open(), await open()];
      expect(await refusal('/v1/events')).to.deep.equal([503, 'TRIBES_E_API_TOO_MANY_READERS']);
      readers.forEach((reader) => reader.close());
    });

    it('ends when the interface is stopped, at once', async () => {
      const events = await open();
      expect(node.subscribers).to.equal(1);
      await api.stop();
      expect(await events.ended()).to.be.true;
      expect(node.subscribers).to.equal(0);
    });
  });

  describe('GET /', () => {
    it('is a page that loads nothing from elsewhere and runs nothing but its own script', async () => {
      const response = await fetch(`${base}/?token=${TOKEN}`);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).to.match(
        /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self';/,
      );
      expect(policy).to.include("frame-ancestors 'none'").and.include("require-trusted-types-for 'script'");
      const html = await response.text();
      expect(html).not.to.match(
        /(?:src|href)=|https?:|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/,
      );
      expect(html).not.to.include(TOKEN);
    });
  });

  it('is refused a port that is taken, and says which setting to change', async () => {
    const { message } = await rejectionOf(
      'TRIBES_E_API_BIND',
      startApi(
        node,
        {
          address: '127.0.0.1',
          port: api.port,
          token: null,
          allowedHosts: [],
          eventHistory: 1,
          eventHistoryBytes: 1,
          maxEventReaders: 1,
          limits: { java: defaultJavaLimits, view: defaultViewLimits },
        },
        { clock: systemClock, logger },
      ),
    );
    expect(message).to.include(`127.0.0.1:${api.port}`).and.include('http.port').and.include('EADDRINUSE');
  });
});

interface TakenEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

class EventReader {
  readonly #aborted: AbortController;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #text = '';

  constructor(response: Response, aborted: AbortController) {
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-type')).to.match(/^text\/event-stream/);
    if (response.body === null) {
      throw new Error('no body');
    }
    this.#chunks = response.body[Symbol.asyncIterator]();
    this.#aborted = aborted;
  }

  /** The next `count` events. */
  async take(count: number): Promise<TakenEvent[]> {
    const taken: TakenEvent[] = [];
    while (taken.length < count) {
      const end = this.#text.indexOf('\n\n');
      if (end < 0) {
        const chunk = await this.#chunks.next();
        if (chunk.done === true) {
          throw new Error(`the stream ended after ${taken.length} of ${count} events`);
        }
        this.#text += Buffer.from(chunk.value).toString('utf8');
        continue;
      }
      const block = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      const [, id = '', event = '', data = ''] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/m.exec(block) ?? [];
      if (data !== '') {
        taken.push({ id, event, data: JSON.parse(data) as Record<string, unknown> });
      }
    }
    return taken;
  }

  async ended(): Promise<boolean> {
    for (;;) {
      try {
        const { done } = await this.#chunks.next();
        if (done === true) {
          return true;
        }
      } catch {
        return true;
      }
    }
  }

  close(): void {
    this.#aborted.abort();
  }
}
