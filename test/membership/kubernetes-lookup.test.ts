import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { utimesSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { hostText, KubernetesLookup } from '../../src/membership/index.js';
import { rejectionOf, thrownBy } from '../support/errors.js';
import { ApiServer, pod } from './kubernetes-api.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');

describe('KubernetesLookup', () => {
  let api: ApiServer;

  before(function () {
    if (spawnSync('openssl', ['version']).status !== 0) {
      expect(process.env['TRIBES_REQUIRE_TOMCAT'], 'there is no openssl').not.to.equal('1');
      this.skip();
    }
  });

  beforeEach(() => {
    api = new ApiServer();
  });

  afterEach(() => api.stop());

  const { signal } = new AbortController();

  it('lists the pods that run and have an address, the older the greater their age', async () => {
    const environment = await api.start();
    api.pods = [
      pod('10.1.0.1'),
      pod('10.1.0.2', {
        metadata: { uid: undefined, creationTimestamp: '2026-03-01T12:00:05Z' },
        kind: 'Pod',
      }),
      pod('fd00::3', { metadata: { uid: 'u3' } }),
      pod(undefined),
      pod('10.1.0.4', { status: { phase: 'Pending' } }),
      pod('10.1.0.5', { metadata: { creationTimestamp: undefined } }),
      pod('10.1.0.6', { metadata: { name: undefined } }),
      pod('10.1.0.7', { kind: 'Node' }),
      pod('not an address'),
    ];
    const lookup = new KubernetesLookup({ environment, startedAt: NOW });
    const found = await lookup.find(signal);
    expect(found.map(({ host, aliveTime }) => [hostText(host), aliveTime])).to.eql([
      ['10.1.0.1', 60_000],
      ['10.1.0.2', -5000],
      ['fd00::3', 60_000],
    ]);
    expect(found[0]?.uniqueId).to.equal('e77aa26dfb6f0678c7189401c142e1cb');
    expect(lookup.idOf()).to.equal(undefined);
  });

  it('asks for the namespace and the labels as Tomcat does, with the token', async () => {
    const environment = await api.start();
    const asked = async (more: object, options = {}): Promise<string | undefined> => {
      const lookup = new KubernetesLookup({
        environment: { ...environment, ...more },
        startedAt: NOW,
        ...options,
      });
      await lookup.find(signal);
      return api.requests.at(-1)?.path;
    };
    expect(await asked({})).to.equal('/api/v1/namespaces/tomcat/pods');
    expect(
      await asked({ KUBERNETES_NAMESPACE: 'shop', KUBERNETES_LABELS: 'app=tomcat,tier in (web)' }),
    ).to.equal('/api/v1/namespaces/shop/pods?labelSelector=app%3Dtomcat%2Ctier+in+%28web%29');
    expect(
      await asked({
        OPENSHIFT_KUBE_PING_NAMESPACE: 'os',
        KUBERNETES_NAMESPACE: 'shop',
        KUBERNETES_API_VERSION: 'v2',
      }),
    ).to.equal('/api/v2/namespaces/os/pods');
    expect(await asked({ KUBERNETES_NAMESPACE: 'a' }, { namespace: 'b', labels: 'x=y' })).to.equal(
      '/api/v1/namespaces/b/pods?labelSelector=x%3Dy',
    );
    expect(api.requests[0]).to.include({ token: 'Bearer first-token', client: undefined });
  });

  it('reads the token again when it has changed', async () => {
    const lookup = new KubernetesLookup({ environment: await api.start(), startedAt: NOW });
    await lookup.find(signal);
    writeFileSync(api.file('token'), 'second-token\n');
    utimesSync(api.file('token'), 1000, 1000);
    await lookup.find(signal);
    writeFileSync(api.file('token'), 'unseen-token');
    utimesSync(api.file('token'), 1000, 1000);
    await lookup.find(signal);
    expect(api.requests.map(({ token }) => token)).to.eql([
      'Bearer first-token',
      'Bearer second-token',
      'Bearer second-token',
    ]);
  });

  it('shows a client certificate in place of the token, also with a key that has a password', async () => {
    const environment = await api.start();
    const certificate = {
      KUBERNETES_CLIENT_CERTIFICATE_FILE: api.file('client.crt'),
      SA_TOKEN_FILE: '/nowhere',
    };
    for (const key of [
      { KUBERNETES_CLIENT_KEY_FILE: api.file('client.key') },
      { KUBERNETES_CLIENT_KEY_FILE: api.file('client-locked.key'), KUBERNETES_CLIENT_KEY_PASSWORD: 'secret' },
    ]) {
      const lookup = new KubernetesLookup({
        environment: { ...environment, ...certificate, ...key },
        startedAt: NOW,
      });
      await lookup.find(signal);
      expect(api.requests.at(-1)).to.include({ token: undefined, client: 'client' });
    }
  });

  it('also speaks plain HTTP, where it is told to', async () => {
    const lookup = new KubernetesLookup({ environment: await api.start({ secure: false }), startedAt: NOW });
    api.pods = [pod('10.1.0.1')];
    expect(await lookup.find(signal)).to.have.length(1);
  });

  it('trusts nobody whom its certificate authority does not know', async () => {
    const environment = { ...(await api.start()), KUBERNETES_CA_CERTIFICATE_FILE: '/nowhere/ca.crt' };
    const lookup = new KubernetesLookup({ environment, startedAt: NOW });
    const error = await rejectionOf('TRIBES_E_MEMBERSHIP_KUBERNETES', lookup.find(signal));
    expect(error.message).to.match(/certificate/);
    expect(api.requests).to.eql([]);
  });

  it('says what is wrong, and never the token', async () => {
    const environment = await api.start();
    const lookup = new KubernetesLookup({ environment, startedAt: NOW, readTimeout: 100 });
    const answers: [(response: ServerResponse) => void, RegExp][] = [
      [
        (response) => response.writeHead(401).end('Bearer first-token'),
        /401, the token or certificate is not accepted/,
      ],
      [(response) => response.writeHead(403).end(), /403, the service account may not list pods/],
      [(response) => response.writeHead(500).end(), /answers 500/],
      [(response) => response.end('{"items":'), /no JSON/],
      [(response) => response.end('{"kind":"Status"}'), /no list of pods/],
      [() => undefined, /an answer did not come in time/],
      [(response) => response.destroy(), /socket hang up|closed|aborted/],
    ];
    for (const [answer, problem] of answers) {
      api.answer = answer;
      const error = await rejectionOf('TRIBES_E_MEMBERSHIP_KUBERNETES', lookup.find(signal));
      expect(error.message).to.match(problem);
      expect(`${error.message} ${error.stack ?? ''} ${String(error.cause)}`).not.to.contain('first-token');
    }
  });

  it('says which token file cannot be read', async () => {
    const environment = { ...(await api.start()), SA_TOKEN_FILE: '/nowhere/token' };
    const lookup = new KubernetesLookup({ environment, startedAt: NOW });
    const error = await rejectionOf('TRIBES_E_MEMBERSHIP_KUBERNETES', lookup.find(signal));
    expect(error.message).to.contain('/nowhere/token').and.contain('ENOENT');
  });

  it('ends when it is told to', async () => {
    const lookup = new KubernetesLookup({
      environment: await api.start(),
      startedAt: NOW,
      readTimeout: 60_000,
    });
    const stopping = new AbortController();
    api.answer = () => stopping.abort();
    await rejectionOf('TRIBES_E_MEMBERSHIP_KUBERNETES', lookup.find(stopping.signal));
  });

  it('needs to know where the API server is', () => {
    for (const environment of [
      {},
      { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
      { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: 'x' },
      {
        KUBERNETES_SERVICE_HOST: '10.0.0.1',
        KUBERNETES_SERVICE_PORT: '1',
        KUBERNETES_MASTER_PROTOCOL: 'ftp',
      },
    ]) {
      thrownBy('TRIBES_E_MEMBERSHIP_KUBERNETES', () => new KubernetesLookup({ environment, startedAt: NOW }));
    }
    const ipv6 = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    const { place } = new KubernetesLookup({ environment: ipv6, startedAt: NOW });
    expect(place).to.equal('the pods of https://[fd00::1]/api/v1/namespaces/tomcat/pods');
  });
});
