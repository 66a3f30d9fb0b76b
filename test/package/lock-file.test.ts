import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../interop/kit/files.js';

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly resolved?: string;
}

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};

/** Folders in which a package finds what it depends on, as `require` looks for them: `a/node_modules/b`, `a`, and the root. */
function* foldersFrom(folder: string): Generator<string> {
  for (let at = folder; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    yield `${at}/node_modules/`;
  }
  yield 'node_modules/';
}

describe('package-lock.json', () => {
  it('has everything that `npm ci` looks for, on every system', () => {
    const missing = Object.entries(packages).flatMap(([folder, locked]) =>
      Object.keys({ ...locked.dependencies, ...locked.devDependencies, ...locked.optionalDependencies })
        .filter((name) => ![...foldersFrom(folder)].some((place) => `${place}${name}` in packages))
        .map((name) => `${folder} needs ${name}`),
    );
    expect(missing).to.deep.equal([]);
  });

  it('names no registry: .npmrc keeps it so, whatever the machine on which somebody installs', () => {
    expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).to.deep.equal([]);
    expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).to.match(/^omit-lockfile-registry-resolved=true$/m);
  });
});
