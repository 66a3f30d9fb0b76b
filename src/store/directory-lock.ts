import { randomBytes } from 'node:crypto';
import { chmod, link, open, readdir, unlink, type FileHandle } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { TribesError } from '../base/index.js';

const LOCK_NAME = /^in-use\.(\d+)$/;
const MAX_ATTEMPTS = 100;
const ANSWER_TIMEOUT_MS = 500;
/** `sockaddr_un.sun_path` with its final NUL: 108 bytes on Linux, 104 on the BSDs and macOS. */
const MAX_SOCKET_PATH = 103;

/**
 * Keeps a directory to one process at a time. The lock is a listening Unix socket in it, `in-use.N`: the kernel closes
 * it however its process ends, also by SIGKILL, and answers across containers that share the directory, where
 * process ids say nothing. Whoever can connect finds the directory in use.
 *
 * A socket that refuses connections is stale, and the next process takes number N + 1. `link` makes that number one
 * process's only, and publishes a socket that listens already. The file with the highest number is never removed,
 * also not on release: a slow process would take an old number for the newest. So the highest number only grows, and a
 * process that finds itself with the highest number owns the directory.
 */
export class DirectoryLock {
  readonly #server: Server;
  readonly #directory: FileHandle;

  private constructor(server: Server, directory: FileHandle) {
    this.#server = server;
    this.#directory = directory;
  }

  /** Error: TRIBES_E_STORE_IN_USE; system errors as they come. */
  static async acquire(path: string): Promise<DirectoryLock> {
    const directory = await open(path);
    const claim = `claim.${randomBytes(8).toString('hex')}`;
    let server: Server | undefined;
    try {
      server = await listen(socketPath(path, directory, claim));
      await chmod(join(path, claim), 0o600);
      await takeNextNumber(path, directory, claim);
      return new DirectoryLock(server, directory);
    } catch (error) {
      await closeServer(server);
      await directory.close();
      throw error;
    } finally {
      await unlink(join(path, claim)).catch(ignoreMissing);
    }
  }

  async release(): Promise<void> {
    await closeServer(this.#server);
    await this.#directory.close();
  }
}

async function takeNextNumber(path: string, directory: FileHandle, claim: string): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const highest = await highestNumber(path);
    const owner = highest === 0 ? undefined : await ask(socketPath(path, directory, lockName(highest)));
    if (owner !== undefined) {
      throw new TribesError('TRIBES_E_STORE_IN_USE', { directory: path, owner });
    }
    const mine = highest + 1;
    if (!(await linkIfFree(join(path, claim), join(path, lockName(mine))))) {
      continue;
    }
    if ((await highestNumber(path)) === mine) {
      await removeBelow(path, mine);
      return;
    }
    await unlink(join(path, lockName(mine))).catch(ignoreMissing);
  }
  throw new TribesError('TRIBES_E_STORE_IN_USE', {
    directory: path,
    owner: 'processes that start all the time',
  });
}

const lockName = (number: number): string => `in-use.${number}`;

async function lockNumbers(path: string): Promise<number[]> {
  const names = await readdir(path);
  return names.map((name) => Number(LOCK_NAME.exec(name)?.[1] ?? 0));
}

async function highestNumber(path: string): Promise<number> {
  return Math.max(0, ...(await lockNumbers(path)));
}

async function removeBelow(path: string, number: number): Promise<void> {
  for (const old of await lockNumbers(path)) {
    if (old > 0 && old < number) {
      await unlink(join(path, lockName(old))).catch(ignoreMissing);
    }
  }
}

async function linkIfFree(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

/** Longer paths would be cut off without a word; Linux has a short name for an open directory. */
function socketPath(path: string, directory: FileHandle, name: string): string {
  const direct = join(path, name);
  if (Buffer.byteLength(direct) <= MAX_SOCKET_PATH) {
    return direct;
  }
  if (process.platform === 'linux') {
    return `/proc/self/fd/${directory.fd}/${name}`;
  }
  throw new Error(`the path of a Unix socket in it is longer than ${MAX_SOCKET_PATH} bytes`);
}

/** A server that tells everybody who it is. It does not keep the process alive. */
function listen(path: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(`process ${process.pid} on ${hostname()}`, () => socket.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      server.unref();
      resolve(server);
    });
  });
}

/** Who listens at `path`; undefined if nobody does. */
function ask(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const parts: Buffer[] = [];
    const finish = (owner: string | undefined): void => {
      socket.destroy();
      resolve(owner);
    };
    const answer = (): string => Buffer.concat(parts).toString('utf8').slice(0, 200) || 'another process';
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish(answer()));
    socket.on('data', (part) => parts.push(part));
    socket.on('end', () => finish(answer()));
    socket.on('error', (error) => {
      const isStale = ['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '');
      finish(isStale ? undefined : answer());
    });
  });
}

async function closeServer(server: Server | undefined): Promise<void> {
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') {
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
