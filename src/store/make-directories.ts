import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes the directory `path`, and what is missing above it, with `mode`. Unlike `mkdir` of Node.js with `recursive`, it
 * comes to an end where nothing can be made (`/proc/x`). Errors: those of the system.
 */
export function makeDirectories(path: string, mode: number): void {
  const missing = [resolve(path)];
  for (let above = dirname(resolve(path)); !existsSync(above); above = dirname(above)) {
    missing.unshift(above);
  }
  for (const directory of missing) {
    try {
      mkdirSync(directory, { mode });
    } catch (error) {
      const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
      if (!exists || !statSync(directory).isDirectory()) {
        throw error;
      }
    }
  }
}
