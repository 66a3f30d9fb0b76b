import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atExit } from '../../interop/kit/at-exit.js';

/** How the two versions of control groups call the same things. */
interface Dialect {
  readonly limit: string;
  /** Where it stands how often the kernel has killed for want of memory. */
  readonly events: string;
}

const V1: Dialect = { limit: 'memory.limit_in_bytes', events: 'memory.oom_control' };
const V2: Dialect = { limit: 'memory.max', events: 'memory.events' };

let made = 0;

/**
 * A control group with a bound on its memory, the page cache for its files included, within the one of this process. There is
 * no substitute: `ulimit` and `prlimit` bound addresses, not memory.
 */
export class MemoryLimit {
  readonly #folder: string;
  readonly #dialect: Dialect;
  readonly #release: () => void;

  private constructor(folder: string, dialect: Dialect) {
    this.#folder = folder;
    this.#dialect = dialect;
    this.#release = atExit(() => this.#removeFolder());
  }

  /** @returns why there can be none, where there can be none */
  static make(bytes: number): MemoryLimit | string {
    try {
      const { folder, dialect } = ownGroup();
      const inner = join(folder, `tribes-bench-${process.pid}-${made++}`);
      mkdirSync(inner);
      const limit = new MemoryLimit(inner, dialect);
      try {
        writeFileSync(join(inner, dialect.limit), String(bytes));
        return limit;
      } catch (error) {
        limit.remove();
        throw error;
      }
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Has a command run in the group; it execs, so that the process stays the same. */
  get commandPrefix(): readonly string[] {
    return ['sh', '-c', 'echo $$ > "$0" && exec "$@"', join(this.#folder, 'cgroup.procs')];
  }

  /** Processes that the kernel has killed because there was no more. */
  get killed(): number {
    const events = readFileSync(join(this.#folder, this.#dialect.events), 'latin1');
    return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0);
  }

  /** Once everything in it has ended. */
  remove(): void {
    this.#release();
    this.#removeFolder();
  }

  #removeFolder(): void {
    try {
      rmdirSync(this.#folder);
    } catch {
      // It is empty, or its process is about to end; a group without processes costs nothing.
    }
  }
}

/** The group of this process that bounds memory. @throws Error where there is none */
function ownGroup(): { folder: string; dialect: Dialect } {
  const groups = readFileSync('/proc/self/cgroup', 'latin1').split('\n');
  const mounts = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
  const v1 = groups.find((line) => line.split(':')[1]?.split(',').includes('memory'));
  const [line, type, dialect] =
    v1 === undefined ? [groups.find((each) => each.startsWith('0::')), 'cgroup2', V2] : [v1, 'cgroup', V1];
  // mountinfo: id parent device root mountpoint options … - type source superoptions
  const mount = mounts
    .map((each) => each.split(' - '))
    .find(([, after = '']) => {
      const [kind, , options = ''] = after.split(' ');
      return kind === type && (type === 'cgroup2' || options.split(',').includes('memory'));
    });
  const [, , , root = '/', point] = mount?.[0]?.split(' ') ?? [];
  if (line === undefined || point === undefined) {
    throw new Error('no control groups are mounted');
  }
  const path = line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1);
  const folder = join(point, root === '/' ? path : path.replace(root, ''));
  if (dialect === V2) {
    writeFileSync(join(folder, 'cgroup.subtree_control'), '+memory');
  }
  return { folder, dialect };
}
