import { execFileSync, spawnSync } from 'node:child_process';
import { cpus, loadavg, release } from 'node:os';
import { findJdk } from '../../interop/kit/index.js';
import { ROOT } from '../../interop/kit/files.js';

/** Where and of what figures were taken. */
export interface Environment {
  /** "unknown" outside of a git checkout; ends with "+" where the sources differ from the commit. */
  readonly commit: string;
  readonly date: string;
  readonly cores: number;
  readonly processor: string;
  readonly kernel: string;
  readonly node: string;
  readonly java: string;
  /** Load of the last minute, before the benchmark began: beyond 1 the figures are about other things too. */
  readonly load: number;
}

export function environment(): Environment {
  return {
    commit: commit(),
    date: new Date().toISOString(),
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    kernel: release(),
    node: process.version,
    java: javaVersion(),
    load: loadavg()[0] ?? 0,
  };
}

function commit(): string {
  try {
    const [head, changes] = [git('rev-parse', '--short=12', 'HEAD'), git('status', '--porcelain', 'src')];
    return changes === '' ? head : `${head}+`;
  } catch {
    return 'unknown';
  }
}

function git(...words: string[]): string {
  return execFileSync('git', words, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

function javaVersion(): string {
  const { stderr } = spawnSync(findJdk().java, ['-version'], { encoding: 'utf8' });
  return stderr.split('\n')[1]?.trim() ?? 'unknown';
}
