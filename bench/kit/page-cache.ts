import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Drops all files of a folder, and of those in it, from the page cache; they must not be in use. */
export function dropFromPageCache(folder: string): void {
  for (const file of filesOf(folder)) {
    const words = [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'];
    const { status, stderr } = spawnSync('dd', words, { encoding: 'utf8' });
    if (status !== 0) {
      throw new Error(`${file} cannot be dropped from the page cache: ${stderr}`);
    }
  }
}

/** MB of the files of a folder, and of them those that are in the page cache; NaN where nobody can tell. */
export function pageCacheOf(folder: string): { readonly size: number; readonly cached: number } {
  let [size, cached] = [0, 0];
  for (const file of filesOf(folder)) {
    size += statSync(file).size / 1e6;
    const words = ['--bytes', '--noheadings', '--output', 'RES', file];
    const { status, stdout } = spawnSync('fincore', words, { encoding: 'utf8' });
    cached += status === 0 ? Number(stdout) / 1e6 : NaN;
  }
  return { size, cached };
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
