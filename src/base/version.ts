import { readFileSync } from 'node:fs';

/** The version of the package; from `dist/cli` and from a test build alike. */
export function version(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        version?: string;
      };
      if (manifest.version !== undefined) {
        return manifest.version;
      }
    } catch {
      continue;
    }
  }
  return 'unknown';
}
