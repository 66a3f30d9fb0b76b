import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { INTEROP } from './files.js';
import { findJdk, type TomcatInstallation } from './installation.js';

/**
 * The test applications: `app` logs in by BASIC, `form` by a form; `tiny` has neither. `lean` is `app` without a class that
 * its sessions may hold. All have the dump servlet.
 */
export type ApplicationKind = 'app' | 'form' | 'tiny' | 'lean';

export interface Application {
  readonly kind: ApplicationKind;
  /** Context path: "" for the root, or "/app". */
  readonly path: string;
  /** For parallel deployment: "003" makes the context "/app##003". */
  readonly version?: string;
  /** Class of its Context, such as ReplicatedContext with its package. Default: Tomcat's StandardContext. */
  readonly className?: string;
  /** Whether its requests may go on in other applications (`crossContext` of its Context). */
  readonly crossContext?: boolean;
}

const KINDS: readonly ApplicationKind[] = ['app', 'form', 'tiny', 'lean'];

const NOT_IN_LEAN = 'NotEverywhere.class';

/**
 * Compiles the one source tree for an installation's servlet package and lays out one document base for each application.
 *
 * @returns the folder that holds them, by kind
 */
export async function buildApplications(
  installation: TomcatInstallation,
  directory: string,
): Promise<string> {
  const root = join(directory, `webapps-${installation.version}`);
  const sources = copySources(join(INTEROP, 'webapp/src'), join(root, 'src'), installation.servletPackage);
  const classes = join(root, 'classes');
  mkdirSync(classes, { recursive: true });
  const options = ['-encoding', 'UTF-8', '-d', classes, '-cp', installation.classPath.join(':')];
  await promisify(execFile)(findJdk().javac, [...options, ...sources], { timeout: 120_000 });
  for (const kind of KINDS) {
    const information = join(root, kind, 'WEB-INF');
    const isWanted = (path: string): boolean => kind !== 'lean' || !path.endsWith(NOT_IN_LEAN);
    cpSync(classes, join(information, 'classes'), { recursive: true, filter: isWanted });
    const descriptor = kind === 'lean' ? 'app' : kind;
    cpSync(join(INTEROP, 'webapp', descriptor, 'web.xml'), join(information, 'web.xml'));
  }
  return root;
}

/** Sources are written for jakarta.servlet. */
function copySources(from: string, to: string, servletPackage: 'javax' | 'jakarta'): string[] {
  const names = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.java'),
  );
  return names.map((name) => {
    const target = join(to, name);
    mkdirSync(dirname(target), { recursive: true });
    const source = readFileSync(join(from, name), 'utf8');
    writeFileSync(target, source.replaceAll('jakarta.servlet.', `${servletPackage}.servlet.`));
    return target;
  });
}
