import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findJdk, type TomcatInstallation } from '../../interop/kit/index.js';
import { ROOT } from '../../interop/kit/files.js';

/** Our programs; the web application lies in a folder of its own in here, and uses the workload. */
export const JAVA_SOURCES = `${ROOT}bench/java`;

const CLASSES = fileURLToPath(new URL('../classes/', import.meta.url));

/**
 * A folder with the classes of all Java files in a folder of sources, and those of `JAVA_SOURCES` that they need. It is
 * kept in the build: the next benchmark finds it, unless the sources, the JDK or Tomcat are others by then.
 */
export async function javaClasses(sources: string, installation: TomcatInstallation): Promise<string> {
  const folder = join(CLASSES, await fingerprint(sources, installation));
  if (existsSync(folder)) {
    return folder;
  }
  await mkdir(CLASSES, { recursive: true });
  const scratch = await mkdtemp(join(CLASSES, 'scratch-'));
  try {
    await compile(sources, scratch, installation);
    await rename(scratch, folder);
  } catch (error) {
    if (!existsSync(folder)) {
      throw error; // otherwise somebody else was quicker
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return folder;
}

async function fingerprint(sources: string, { release }: TomcatInstallation): Promise<string> {
  const hash = createHash('sha256').update(`${release} ${findJdk().feature} ${sources}`);
  for (const folder of new Set([JAVA_SOURCES, sources])) {
    for (const file of await javaFiles(folder)) {
      hash.update(readFileSync(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function compile(sources: string, classes: string, { classPath }: TomcatInstallation): Promise<void> {
  const options = ['-nowarn', '-encoding', 'UTF-8', '-proc:none', '-d', classes, '-cp', classPath.join(':')];
  options.push('-sourcepath', JAVA_SOURCES);
  await promisify(execFile)(findJdk().javac, [...options, ...(await javaFiles(sources))]);
}

async function javaFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.java')).sort();
  return names.map((name) => join(folder, name));
}
