import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** What the journal does to its files. Errors: those of the system. */
export interface JournalFiles {
  /** A new file, for this user alone. */
  create(path: string): number;
  /** All of `bytes`, at the end. */
  append(file: number, bytes: Buffer): void;
  /** Resolves when what was appended survives the loss of power. */
  sync(file: number): Promise<void>;
  /** Resolves when the names of the files in the directory of `path` survive the loss of power. */
  syncNames(path: string): Promise<void>;
  close(file: number): void;
  /** Also when there is none. */
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

const FILE_MODE = 0o600;

export const systemFiles: JournalFiles = {
  create: (path) => openSync(path, 'ax', FILE_MODE),

  append(file, bytes) {
    for (let offset = 0; offset < bytes.length;) {
      offset += writeSync(file, bytes, offset);
    }
  },

  sync: promisify(fdatasync),

  async syncNames(path) {
    const directory = await open(dirname(path));
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },

  close: closeSync,
  remove: (path) => rm(path, { force: true }),
  rename,
};
