import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli } from './cli-process.js';

const KEY = 'cafebabedeadbeefcafebabedeadbeef';
const INTERCEPTORS = 'org.apache.catalina.tribes.group.interceptors';

describe('tribes config', function () {
  this.timeout(30_000);
  let directory: string;
  let serverXml: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'config-'));
    serverXml = join(directory, 'server.xml');
    writeFileSync(
      serverXml,
      `<Cluster><Channel><Interceptor className="${INTERCEPTORS}.EncryptInterceptor" encryptionKey="\${the.key}"/></Channel></Cluster>`,
    );
  });

  after(() => rmSync(directory, { recursive: true }));

  const text = `EncryptInterceptor(encryptionKey=${KEY}, wireForm=plain)`;
  const sources: Readonly<Record<string, () => [argv: string[], environment?: Record<string, string>]>> = {
    'a flag': () => [['--channel.interceptors', text]],
    'the environment': () => [[], { TRIBES_CHANNEL_INTERCEPTORS: text }],
    'a property of server.xml': () => [['--server-xml', serverXml, '--property', `the.key=${KEY}`]],
  };

  for (const [from, source] of Object.entries(sources)) {
    for (const form of [[], ['--set'], ['--json'], ['--to-server-xml']]) {
      it(`${form.join(' ')} does not say the key that is in ${from}`, async () => {
        const [argv, environment = {}] = source();
        const { code, stdout, stderr } = await cli(['config', ...form, ...argv], { environment });
        expect([code, stderr]).to.eql([0, '']);
        expect(stdout)
          .to.match(
            form.includes('--to-server-xml')
              ? /encryptionKey="[^"]*tribes\.encryptionKey/
              : /encryptionKey=…/,
          )
          .and.not.match(/cafe|babe|dead|beef/);
      });
    }
  }

  it('--to-server-xml leaves out the attributes that a Tomcat does not have', async () => {
    const { stdout } = await cli(['config', '--to-server-xml', '--channel.interceptors', text]);
    expect(stdout).to.include('EncryptInterceptor').and.not.include('wireForm');
  });
});
