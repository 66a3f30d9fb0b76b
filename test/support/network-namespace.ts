import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** Whether this process may make network namespaces with interfaces of their own: Linux, root, iproute2. */
export function canMakeNamespaces(): boolean {
  const probe = spawnSync('unshare', [
    '-n',
    'ip',
    'link',
    'add',
    've0',
    'type',
    'veth',
    'peer',
    'name',
    've1',
  ]);
  return probe.status === 0;
}

/**
 * Runs a compiled script with `node` in a network namespace of its own that has only a loopback interface, so that
 * nothing it sends can reach a real one. Fails with what the script wrote to stderr.
 */
export async function runInNamespace(script: URL, args: readonly string[]): Promise<void> {
  const command = [process.execPath, '--enable-source-maps', fileURLToPath(script), ...args];
  const child = spawn('unshare', ['-n', '--', ...command], { stdio: ['ignore', 'inherit', 'pipe'] });
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0) {
    throw new Error(
      `${args.join(' ')} ended with ${child.exitCode ?? child.signalCode ?? 'nothing'}: ${stderr}`,
    );
  }
}
