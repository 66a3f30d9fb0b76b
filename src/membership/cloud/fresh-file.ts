import { readFile, stat } from 'node:fs/promises';

/** The content of a file, read again when its modification time has changed: tokens and certificates are renewed in place. */
export class FreshFile {
  readonly path: string;
  #modified = -1;
  #content = Buffer.alloc(0);

  constructor(path: string) {
    this.path = path;
  }

  /** Rejects with the system's error. */
  async read(): Promise<Buffer> {
    const { mtimeMs } = await stat(this.path);
    if (mtimeMs !== this.#modified) {
      this.#content = await readFile(this.path);
      this.#modified = mtimeMs;
    }
    return this.#content;
  }

  /** Undefined when there is none. Rejects with any other error. */
  async readIfThere(): Promise<Buffer | undefined> {
    return this.read().catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        return undefined;
      }
      throw error;
    });
  }
}
