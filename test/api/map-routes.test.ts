import { expect } from 'chai';
import { startApi, type Api } from '../../src/api/index.js';
import { defaultJavaLimits, defaultViewLimits, silentLogger, systemClock } from '../../src/base/index.js';
import { TestNode, jdkAttribute } from './test-node.js';

describe('HTTP interface: maps', () => {
  const node = new TestNode();
  let api: Api;

  before(async () => {
    await node.store.open();
    const limits = { java: defaultJavaLimits, view: defaultViewLimits };
    const options = {
      address: '127.0.0.1',
      port: 0,
      token: null,
      allowedHosts: [],
      eventHistory: 10,
      eventHistoryBytes: 1e4,
    };
    api = await startApi(
      node,
      { ...options, maxEventReaders: 1, limits },
      { clock: systemClock, logger: silentLogger },
    );
  });
  after(() => api.stop());

  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`http://127.0.0.1:${api.port}${path}`);
    return { status: response.status, body: await response.json() };
  };

  it('shows single sign-ons', async () => {
    const sso = {
      id: 'ABC',
      map: 'Catalina-SSO-cache',
      authType: 'FORM',
      username: 'ann',
      principal: null,
      sessions: [{ context: '/app', host: 'localhost', id: 'S1' }],
      place: { role: 'primary', primary: 'tcp://127.0.0.1:4000', nodes: [] },
    } as const;
    node.singleSignOns.push(sso);
    expect(await get('/v1/sso')).to.deep.equal({ status: 200, body: { sso: [sso], next: null } });
    expect((await get('/v1/sso?limit=0')).body).to.include({ code: 'TRIBES_E_API_QUERY' });
  });

  it('shows the attributes of a replicated context as those of sessions', async () => {
    node.contextAttributes.set('/app', [jdkAttribute('__proto__', 'Integer')]);
    const { status, body } = await get('/v1/contexts/%2Fapp/attributes');
    expect(status).to.equal(200);
    const { context, attributes } = body as { context: string; attributes: Record<string, unknown> };
    expect(context).to.equal('/app');
    expect(Object.entries(attributes)).to.deep.equal([
      ['__proto__', { class: 'java.lang.Integer', bytes: 81, value: 42 }],
    ]);
  });

  it('shows those of the root, whose name is empty', async () => {
    node.contextAttributes.set('', []);
    expect(await get('/v1/contexts//attributes')).to.deep.equal({
      status: 200,
      body: { context: '', attributes: {} },
    });
  });

  it('knows no other context', async () => {
    const { status, body } = await get('/v1/contexts/%2Fother/attributes');
    expect(status).to.equal(404);
    expect(body).to.include({ code: 'TRIBES_E_API_NO_CONTEXT' });
  });
});
