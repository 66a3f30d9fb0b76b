import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** Whether this process may mount file systems that nobody else sees: Linux, root. */
export function canMount(): boolean {
  return spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/tmp']).status === 0;
}

/**
 * Runs a compiled script with `node`, which is given `directory`, where there is a file system of so many bytes; it is
 * gone when the script ends. Fails with what the script wrote to stderr.
 */
export async function runOnSmallDisk(script: URL, directory: string, bytes: number): Promise<void> {
  const mount = `mount -t tmpfs -o size=${bytes},mode=700 none "$1" && exec "$0" --enable-source-maps "$2" "$1"`;
  const args = ['-m', 'sh', '-c', mount, process.execPath, directory, fileURLToPath(script)];
  const child = spawn('unshare', args, { stdio: ['ignore', 'inherit', 'pipe'] });
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0) {
    throw new Error(`ended with ${child.exitCode ?? child.signalCode ?? 'nothing'}: ${stderr}`);
  }
}
