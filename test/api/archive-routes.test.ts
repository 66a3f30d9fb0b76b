import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { startApi, type Api, type ApiOptions } from '../../src/api/index.js';
import { ArchiveReader } from '../../src/archive/index.js';
import {
  defaultJavaLimits,
  defaultViewLimits,
  sessionId,
  systemClock,
  TribesError,
  type SessionRecord,
} from '../../src/base/index.js';
import { javaString } from '../store/session-records.js';
import { recordingLogger } from '../support/recording-logger.js';
import { TestNode, context, jdkAttribute, testRecord, vectorBytes } from './test-node.js';

const TOKEN = 'test-token-0123456789';
const WRITE_TOKEN = 'write-token-0123456789';

describe('archives over HTTP', () => {
  let node: TestNode;
  let api: Api;
  let base: string;
  const { logger, lines } = recordingLogger();

  async function start(options: Partial<ApiOptions> = {}): Promise<void> {
    api = await startApi(
      node,
      {
        address: '127.0.0.1',
        port: 0,
        token: TOKEN,
        writeToken: WRITE_TOKEN,
        import: true,
        allowedHosts: [],
        eventHistory: 100,
        eventHistoryBytes: 1e6,
        maxEventReaders: 2,
        limits: { java: defaultJavaLimits, view: defaultViewLimits },
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

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  async function exported(query = ''): Promise<Buffer> {
    const response = await fetch(`${base}/v1/export${query}`, { headers: bearer(TOKEN) });
    expect(response.status).to.equal(200);
    return Buffer.from(await response.arrayBuffer());
  }

  async function recordsOf(archive: Buffer): Promise<SessionRecord[]> {
    const reader = await ArchiveReader.open(
      (async function* () {
        yield await Promise.resolve(archive);
      })(),
    );
    const records: SessionRecord[] = [];
    for await (const batch of reader.batches()) {
      records.push(...batch);
    }
    return records;
  }

  async function refusal(path: string, init: RequestInit): Promise<[number, unknown]> {
    const response = await fetch(base + path, init);
    return [response.status, ((await response.json()) as { code: unknown }).code];
  }

  const post = (body: Buffer, query = '', headers: Record<string, string> = bearer(WRITE_TOKEN)) =>
    [
      `/v1/import${query}`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream', ...headers },
        body: new Uint8Array(body),
      },
    ] as const;

  async function imported(body: Buffer, query = ''): Promise<unknown> {
    const [path, init] = post(body, query);
    const response = await fetch(base + path, init);
    expect(response.status).to.equal(200);
    return await response.json();
  }

  describe('GET /v1/export', () => {
    it('is an archive of every session, or of those of one context', async () => {
      const records = [
        testRecord('S1', '/app'),
        testRecord('S2', '/other', { attributes: [jdkAttribute('a', 'Date')] }),
      ];
      records.forEach((record) => node.store.put(record));
      expect(await recordsOf(await exported())).to.have.deep.members(records);
      expect(await recordsOf(await exported('?context=/other'))).to.deep.equal([records[1]]);
    });

    it('has no passwords, unless they may be asked for and are', async () => {
      const principal = vectorBytes('05-session-replication-tomcat9', 'principal');
      node.store.put(testRecord('S1', '/app', { principal }));
      expect((await recordsOf(await exported()))[0]?.principal?.includes('secret')).to.equal(false);
      const asked = '/v1/export?withSecrets=true';
      expect(await refusal(asked, { headers: bearer(TOKEN) })).to.deep.equal([403, 'TRIBES_E_API_SECRETS']);
      await api.stop();
      await start({ exportSecrets: true });
      expect((await recordsOf(await exported('?withSecrets=true')))[0]?.principal).to.deep.equal(principal);
      expect((await recordsOf(await exported()))[0]?.principal?.includes('secret')).to.equal(false);
    });

    it('needs the token, and a context that is there', async () => {
      node.store.put(testRecord('S1', '/app'));
      expect(await refusal('/v1/export', {})).to.deep.equal([401, 'TRIBES_E_API_UNAUTHORIZED']);
      const headers = bearer(TOKEN);
      expect(await refusal('/v1/export?context=/ap', { headers })).to.deep.equal([
        404,
        'TRIBES_E_API_NO_CONTEXT',
      ]);
      expect(await refusal('/v1/export?contxt=/app', { headers })).to.deep.equal([400, 'TRIBES_E_API_QUERY']);
    });

    it('waits for its reader, and is of the instant at which it began', async () => {
      const stream = Buffer.concat([
        javaString(''),
        Buffer.from(Array.from({ length: 40_000 }, (_, i) => i * i)),
      ]);
      const large = (number: number, version: number) =>
        testRecord(`S${number}`, '/app', { version, attributes: [{ names: ['a'], stream }] });
      for (let number = 0; number < 2_000; number++) {
        node.store.put(large(number, 1));
      }
      const response = await opened('/v1/export');
      await once(response, 'readable');
      // Nobody reads on: what is not sent yet changes under it.
      for (let number = 0; number < 2_000; number++) {
        node.store.put(large(number, 2));
        node.store.delete(context('/app'), sessionId(`S${number - 1}`));
      }
      const pieces: Buffer[] = [];
      for await (const piece of response) {
        pieces.push(piece as Buffer);
      }
      const records = await recordsOf(Buffer.concat(pieces));
      expect(records).to.have.length(2_000);
      expect(new Set(records.map(({ version }) => version))).to.deep.equal(new Set([1]));
    });

    it('is given up when its reader goes, and makes room for others', async () => {
      const stream = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i * 31) >> 3));
      for (let number = 0; number < 500; number++) {
        node.store.put(testRecord(`S${number}`, '/app', { attributes: [{ names: ['a'], stream }] }));
      }
      const [first, second] = [await opened('/v1/export'), await opened('/v1/export')];
      const headers = bearer(TOKEN);
      expect(await refusal('/v1/export', { headers })).to.deep.equal([503, 'TRIBES_E_API_BUSY']);
      first.destroy();
      second.destroy();
      let status = 0;
      for (let tries = 0; tries < 100 && status !== 200; tries++) {
        const response = await fetch(`${base}/v1/export?context=/app`, { headers });
        await response.body?.cancel();
        status = response.status;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(status).to.equal(200);
    });

    async function opened(path: string): Promise<IncomingMessage> {
      const request = httpGet(base + path, { headers: bearer(TOKEN), agent: false });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.on('error', () => undefined);
      return response;
    }
  });

  describe('POST /v1/import', () => {
    it('takes the sessions of an archive in', async () => {
      const records = [testRecord('S1', '/app'), testRecord('S2', '/other')];
      records.forEach((record) => node.store.put(record));
      const archive = await exported();
      node.store.delete(context('/app'), sessionId('S1'));
      node.store.put(testRecord('S2', '/other', { lastAccessedTime: 1 }));
      const expected = { new: 1, replaced: 1, kept: 0, idle: 0, expired: 0, refused: 0, members: 0 };
      expect(await imported(archive, '?dryRun=true')).to.deep.equal(expected);
      expect(node.store.statistics().sessions).to.equal(1);
      expect(await imported(archive)).to.deep.equal(expected);
      expect(node.store.get(context('/app'), sessionId('S1'))).to.deep.equal({
        ...records[0],
        version: 2,
        receivedAt: node.asOf,
      });
      expect(await imported(archive)).to.deep.include({ new: 0, replaced: 0, kept: 2 });
      expect(await imported(archive, '?overwrite=true&context=/app')).to.deep.include({
        replaced: 1,
        kept: 0,
      });
    });

    it('refuses a context that the archive does not have', async () => {
      node.store.put(testRecord('S1', '/app'));
      const archive = await exported();
      expect(await refusal(...post(archive, '?context=/ap'))).to.deep.equal([404, 'TRIBES_E_API_NO_CONTEXT']);
    });

    it('changes nothing when the archive is damaged anywhere', async () => {
      node.store.put(testRecord('S1', '/app'));
      const archive = await exported();
      node.store.delete(context('/app'), sessionId('S1'));
      archive[archive.length - 1] = (archive.at(-1) ?? 0) ^ 1;
      expect(await refusal(...post(archive))).to.deep.equal([422, 'TRIBES_E_ARCHIVE_DAMAGED']);
      const cut = archive.subarray(0, archive.length - 40);
      expect(await refusal(...post(cut))).to.deep.equal([422, 'TRIBES_E_ARCHIVE_CUT']);
      expect(await refusal(...post(Buffer.alloc(0)))).to.deep.equal([422, 'TRIBES_E_ARCHIVE_FORMAT']);
      expect(node.store.statistics().sessions).to.equal(0);
    });

    it('needs the token for writing, from the header', async () => {
      const archive = await exported();
      expect(await refusal(...post(archive, '', {}))).to.deep.equal([401, 'TRIBES_E_API_WRITE_TOKEN']);
      expect(await refusal(...post(archive, '', bearer(TOKEN)))).to.deep.equal([
        403,
        'TRIBES_E_API_READ_ONLY_TOKEN',
      ]);
      const inQuery = post(archive, `?token=${WRITE_TOKEN}`, {});
      expect(await refusal(...inQuery)).to.deep.equal([401, 'TRIBES_E_API_WRITE_TOKEN']);
    });

    it('is refused where nothing may be changed, also where no token is asked for', async () => {
      const archive = await exported();
      await api.stop();
      await start({ writeToken: null, token: null });
      expect(await refusal(...post(archive))).to.deep.equal([403, 'TRIBES_E_API_READ_ONLY']);
    });

    it('is refused where sessions may be changed, but archives are not to be imported: the default', async () => {
      const archive = await exported();
      await api.stop();
      await start({ import: false });
      expect(await refusal(...post(archive))).to.deep.equal([403, 'TRIBES_E_API_IMPORT']);
    });

    describe('leaves a line in the log', () => {
      const nothing = { new: 0, replaced: 0, kept: 0, idle: 0, expired: 0, refused: 0 };
      const asked = { operation: 'import', overwrite: false, dryRun: false };
      const origin = { by: 'http', address: '127.0.0.1' };

      async function archiveOf(...ids: string[]): Promise<Buffer> {
        ids.forEach((id) => node.store.put(testRecord(id, '/app')));
        const archive = await exported();
        ids.forEach((id) => node.store.delete(context('/app'), sessionId(id)));
        return archive;
      }

      it('when it is done', async () => {
        await imported(await archiveOf('S1', 'S2'), '?context=/app&overwrite=true');
        expect(lines('info').at(-1)).to.deep.include({
          message: 'audit: sessions were imported',
          fields: { ...asked, overwrite: true, context: '/app', ...origin, ...nothing, new: 2 },
        });
      });

      it('when it is refused, whether it has been looked at or not', async () => {
        const archive = await archiveOf('S1');
        const refused = { ...origin, ...nothing };
        await refusal(...post(archive, '', bearer(TOKEN)));
        expect(lines('warn').at(-1)).to.deep.include({ message: 'audit: an import of sessions was refused' });
        expect(lines('warn').at(-1)?.fields).to.deep.include({
          operation: 'import',
          ...refused,
          code: 'TRIBES_E_API_READ_ONLY_TOKEN',
        });
        await refusal(...post(Buffer.alloc(0), '?dryRun=true'));
        expect(lines('warn').at(-1)).to.deep.include({ message: 'audit: an import of sessions was refused' });
        expect(lines('warn').at(-1)?.fields).to.deep.include({
          ...asked,
          dryRun: true,
          ...refused,
          code: 'TRIBES_E_ARCHIVE_FORMAT',
        });
        await api.stop();
        await start({ import: false });
        await refusal(...post(archive));
        expect(lines('warn').at(-1)?.fields).to.deep.include({ ...refused, code: 'TRIBES_E_API_IMPORT' });
      });

      it('when it breaks off, with what had been imported', async () => {
        const archive = await archiveOf('S1', 'S2', 'S3');
        let rooms = 2;
        node.importer.checkRoom = () =>
          rooms-- > 0
            ? undefined
            : Promise.reject(new TribesError('TRIBES_E_STORE_FULL', { directory: 'there', dirtyBytes: 1 }));
        expect(await refusal(...post(archive))).to.deep.equal([503, 'TRIBES_E_STORE_FULL']);
        expect(lines('warn').at(-1)).to.deep.include({ message: 'audit: an import of sessions broke off' });
        expect(lines('warn').at(-1)?.fields).to.deep.include({
          ...asked,
          ...origin,
          ...nothing,
          new: 2,
          code: 'TRIBES_E_STORE_FULL',
        });
      });
    });

    it('takes no other kind of body', async () => {
      const headers = { ...bearer(WRITE_TOKEN), 'content-type': 'text/html' };
      const init = { method: 'POST', headers, body: 'hello' };
      expect(await refusal('/v1/import', init)).to.deep.equal([415, 'TRIBES_E_API_MEDIA_TYPE']);
    });
  });
});
