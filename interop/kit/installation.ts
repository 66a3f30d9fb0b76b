import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export type TomcatVersion = '9' | '10.1';

/** The jars of one Tomcat release. Others may describe their own Tomcat by such an object. */
export interface TomcatInstallation {
  readonly version: TomcatVersion;
  /** "10.1.60" */
  readonly release: string;
  /** Absolute paths of all its jars. */
  readonly classPath: readonly string[];
  readonly servletPackage: 'javax' | 'jakarta';
}

export interface Jdk {
  readonly java: string;
  readonly javac: string;
  readonly feature: number;
}

/** A Tomcat or JDK that is not on this machine. */
export class NotInstalledError extends Error {
  override readonly name = 'NotInstalledError';
}

/** What the scenarios need, on Debian. */
export const HOW_TO_INSTALL =
  'apt-get install libtomcat10-java libtomcat9-java openjdk-17-jdk-headless haproxy';
const JAR_DIRECTORY = '/usr/share/java';
const PREFIX: Readonly<Record<TomcatVersion, string>> = { '9': 'tomcat9', '10.1': 'tomcat10' };
/** Translations change log lines; the others need what is not there. */
const UNWANTED = /^tomcat\d+-(i18n-\w+|i18n-pt-BR|i18n-zh-CN|catalina-ant|storeconfig|dbcp|jni)-/;

/** Debian's Tomcat jars. @throws NotInstalledError */
export function findTomcat(version: TomcatVersion, directory = JAR_DIRECTORY): TomcatInstallation {
  const name = new RegExp(`^${PREFIX[version]}-[a-z0-9-]+-(\\d+\\.\\d+\\.\\d+)\\.jar$`, 'i');
  const jars = existsSync(directory) ? readdirSync(directory).filter((jar) => name.test(jar)) : [];
  const release = jars
    .map((jar) => name.exec(jar)?.[1] ?? '')
    .sort(byRelease)
    .at(-1);
  if (release === undefined) {
    throw new NotInstalledError(`no Tomcat ${version} in ${directory}; to install it: ${HOW_TO_INSTALL}`);
  }
  const classPath = jars
    .filter((jar) => jar.endsWith(`-${release}.jar`) && !UNWANTED.test(jar))
    .map((jar) => join(directory, jar));
  return { version, release, classPath, servletPackage: version === '9' ? 'javax' : 'jakarta' };
}

function byRelease(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true });
}

/** The JDK of JAVA_HOME, or else of the path; 17 or later, since the test application has a record. @throws NotInstalledError */
export function findJdk(): Jdk {
  const home = process.env['JAVA_HOME'];
  const [java, javac] =
    home === undefined ? ['java', 'javac'] : [join(home, 'bin/java'), join(home, 'bin/javac')];
  let version: string;
  try {
    version = execFileSync(javac, ['-version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (cause) {
    throw new NotInstalledError(`no JDK (${javac} does not run); to install it: ${HOW_TO_INSTALL}`, {
      cause,
    });
  }
  const feature = Number(/^javac (\d+)/.exec(version)?.[1] ?? 0);
  if (feature < 17) {
    throw new NotInstalledError(
      `JDK 17 or later is needed, found "${version.trim()}"; to install it: ${HOW_TO_INSTALL}`,
    );
  }
  return { java, javac, feature };
}

/** Why the scenarios cannot run here, or undefined if they can. */
export function missingInstallation(versions: readonly TomcatVersion[]): string | undefined {
  try {
    findJdk();
    for (const version of versions) {
      findTomcat(version);
    }
    return undefined;
  } catch (error) {
    if (error instanceof NotInstalledError) {
      return error.message;
    }
    throw error;
  }
}
