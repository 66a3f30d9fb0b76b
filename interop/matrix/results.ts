import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What became of a cell: one line of JSON in the file of results. */
export interface CellResult {
  readonly cell: string;
  /** Of what was tried: the same only for the same build and the same Tomcats. */
  readonly fingerprint: string;
  /** Of the covering set of that run. */
  readonly seed: number;
  readonly passed: boolean;
  readonly seconds: number;
  /** Where it failed, after which step, and why; of one that has passed, before it was played again. */
  readonly failure?: string;
  /** When it ended, as in ISO 8601. */
  readonly at: string;
}

/** Results that outlast the run: each is in the file as soon as it is known. */
export class ResultsFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Oldest first. A line that was cut off when a run was killed is passed over. */
  read(): CellResult[] {
    if (!existsSync(this.path)) {
      return [];
    }
    return readFileSync(this.path, 'utf8').split('\n').flatMap(parsed);
  }

  add(result: CellResult): void {
    mkdirSync(dirname(this.path), { recursive: true });
    const cutOff = existsSync(this.path) && !/(^|\n)$/.test(readFileSync(this.path, 'utf8'));
    appendFileSync(this.path, `${cutOff ? '\n' : ''}${JSON.stringify(result)}\n`);
  }
}

function parsed(line: string): CellResult[] {
  try {
    return [JSON.parse(line) as CellResult];
  } catch {
    return [];
  }
}

const BUILD = fileURLToPath(new URL('../../', import.meta.url));
const INTEROP_SOURCES = fileURLToPath(new URL('../../../interop/', import.meta.url));

/** Of this build of the node and the scenarios, of the test applications, and of `others`, such as releases of Tomcat. */
export function fingerprint(others: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([process.version, ...others]));
  const folders = [
    join(BUILD, 'src'),
    join(BUILD, 'interop'),
    join(INTEROP_SOURCES, 'templates'),
    join(INTEROP_SOURCES, 'webapp'),
  ];
  for (const file of folders.flatMap(filesBelow)) {
    hash.update(file.slice(BUILD.length)).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
