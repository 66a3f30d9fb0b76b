import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { findJdk } from '../../interop/kit/installation.js';
import { compileJava, describeWithJvm, sourceFile } from '../support/jvm.js';
import { canMakeNamespaces } from '../support/network-namespace.js';

const script = fileURLToPath(new URL('cloud-scenarios.js', import.meta.url));

/** What the suite lacks on this machine. */
function missing(): string | undefined {
  if (!canMakeNamespaces()) {
    return 'root may not make network namespaces here';
  }
  return spawnSync('dnsmasq', ['--version']).status === 0
    ? undefined
    : 'there is no dnsmasq (Debian: dnsmasq-base)';
}

for (const tomcat of ['9', '10.1'] as const) {
  describeWithJvm(
    `members in a cloud, with a GroupChannel of Tomcat ${tomcat} among them`,
    { tomcat },
    (classPath) => {
      let directory: string;

      before(function () {
        const lack = missing();
        if (lack !== undefined) {
          if (process.env['TRIBES_REQUIRE_TOMCAT'] === '1') {
            throw new Error(lack);
          }
          this.skip();
        }
      });

      beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), 'tribes-cloud-'));
      });

      afterEach(() => rmSync(directory, { recursive: true }));

      /** In namespaces with a loopback interface only, where names are looked up at 127.0.0.1. */
      async function run(scenario: string): Promise<void> {
        const classes = await compileJava([sourceFile('test/membership/jvm/CloudPeer.java')], classPath);
        writeFileSync(join(directory, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:2\n');
        writeFileSync(join(directory, 'hosts'), '127.0.0.1 localhost\n');
        const prepare = [
          'ip link set lo up',
          'mount --bind "$0/resolv.conf" /etc/resolv.conf',
          'mount --bind "$0/hosts" /etc/hosts',
          'exec "$@"',
        ].join(' && ');
        const options = [
          '-Djava.net.preferIPv4Stack=true',
          '-Dsun.net.inetaddr.ttl=0',
          '-Dsun.net.inetaddr.negative.ttl=0',
        ];
        const java = [
          findJdk().java,
          ...options,
          '-XX:TieredStopAtLevel=1',
          '-Xmx256m',
          '-Duser.language=en',
        ];
        const peer = [...java, '-cp', `${classes}:${classPath}`, 'CloudPeer'];
        const command = [process.execPath, '--enable-source-maps', script, scenario, directory, ...peer];
        const child = spawn('unshare', ['-n', '-m', '-u', 'sh', '-c', prepare, directory, ...command], {
          stdio: ['ignore', 'inherit', 'pipe'],
        });
        const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
        if (child.exitCode !== 0) {
          throw new Error(
            `${scenario} ended with ${child.exitCode ?? child.signalCode ?? 'nothing'}: ${stderr}`,
          );
        }
      }

      it('are found by a name of a real DNS server, and told apart by their addresses', async function () {
        this.timeout(90_000);
        await run('dns');
      });

      it('are found by an API server of Kubernetes, and told apart by their pods', async function () {
        this.timeout(90_000);
        await run('kubernetes');
      });
    },
  );
}
