import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { ArchiveReader } from '../archive/index.js';
import { contextName, messageOf, TribesError, type ContextName } from '../base/index.js';
import { exportSessions } from '../session/index.js';
import { ExitCode, type Invocation } from './command.js';
import { MirrorClient } from './mirror-client.js';
import { hasStore, lastSignOfLife, withOfflineStore } from './offline-store.js';
import { Progress } from './progress.js';
import { printable } from './terminal-text.js';

/**
 * `tribes sessions export`: takes an archive from a running mirror, or makes one of a data directory, and has verified it
 * before the file has its name.
 *
 * Errors: TRIBES_E_CLI_WRITE, TRIBES_E_CLI_BROKEN, TRIBES_E_CLI_NO_STORE, TRIBES_E_CLI_NO_CONTEXT, those of
 * `MirrorClient`, of the store, and TRIBES_E_ARCHIVE_….
 */
export async function exportFile(path: string, invocation: Invocation): Promise<number> {
  const { settings, switches, options, terminal } = invocation;
  const context = options.get('context');
  const withSecrets = switches.has('with-secrets');
  if (!switches.has('offline')) {
    const client = new MirrorClient(settings);
    const query = new URLSearchParams({
      ...(context !== undefined && { context }),
      ...(withSecrets && { withSecrets: 'true' }),
    });
    const begin = async (): Promise<AsyncIterable<Uint8Array>> =>
      unbroken(await client.stream(`/v1/export?${query.toString()}`, {}, terminal.interrupted), client.url);
    return await writeVerified(path, begin, invocation);
  }
  if (!hasStore(settings)) {
    throw new TribesError('TRIBES_E_CLI_NO_STORE', { directory: settings.data });
  }
  return await withOfflineStore(settings, async (store) => {
    const only = context === undefined ? undefined : contextName(context);
    checkContext(only, store.contexts().keys(), settings.data);
    const asOf = lastSignOfLife(store);
    const pieces = exportSessions(() => ({ asOf, sessions: store.snapshot() }), {
      ...(only !== undefined && { context: only }),
      withSecrets,
    });
    return await writeVerified(path, () => Promise.resolve(pieces), invocation);
  });
}

/** Error: TRIBES_E_CLI_NO_CONTEXT. */
export function checkContext(
  context: ContextName | undefined,
  known: Iterable<ContextName>,
  place: string,
): void {
  const names = [...known];
  if (context !== undefined && !names.includes(context)) {
    const list = names.map((name) => `"${name}"`).join(', ') || 'none';
    throw new TribesError('TRIBES_E_CLI_NO_CONTEXT', { context, place, known: list });
  }
}

/**
 * Writes beside `path` what `begin` gives, which is called when the file can be written, and gives the file its name when
 * everything is there, right, and on the disk. `ExitCode.NO` where sessions could not be read; the file has the others.
 */
async function writeVerified(
  path: string,
  begin: () => Promise<AsyncIterable<Uint8Array>>,
  { terminal }: Invocation,
): Promise<number> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.part`;
  const file = await guarded(path, () => open(draft, 'wx', 0o600));
  try {
    const { reader, bytes } = await verified(written(await begin(), path, file), terminal);
    await guarded(path, async () => {
      await file.sync();
      await file.close();
      await rename(draft, path);
    });
    terminal.err(`${printable(report(path, reader, bytes()))}\n`);
    return lostIn(reader) === 0 ? ExitCode.OK : ExitCode.NO;
  } catch (error) {
    await file.close().catch(() => undefined); // the first error counts
    await rm(draft, { force: true });
    if (terminal.interrupted.aborted) {
      terminal.err(`tribes: interrupted; ${printable(path)} was not written\n`);
      return ExitCode.FAILED;
    }
    throw error;
  }
}

async function verified(source: AsyncIterable<Uint8Array>, terminal: Invocation['terminal']) {
  let length = 0;
  async function* measured(): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      terminal.interrupted.throwIfAborted();
      length += piece.length;
      yield piece;
    }
  }
  const reader = await ArchiveReader.open(measured());
  const progress = new Progress(terminal, 'exporting', sum(reader.header.contexts.values()));
  for await (const batch of reader.batches()) {
    progress.add(batch.length);
  }
  return { reader, bytes: () => length };
}

async function* written(
  pieces: AsyncIterable<Uint8Array>,
  path: string,
  file: FileHandle,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    await guarded(path, () => file.writeFile(piece));
    yield piece;
  }
}

/** What the mirror sends, until it breaks off. */
async function* unbroken(body: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw new TribesError('TRIBES_E_CLI_BROKEN', { url, reason: messageOf(error) }, { cause: error });
  }
}

/** Sessions that there were, and that are not in the archive. */
function lostIn({ header, summary }: ArchiveReader): number {
  return sum(header.contexts.values()) - sum(summary?.contexts.values() ?? []);
}

function report(path: string, reader: ArchiveReader, bytes: number): string {
  const { header, summary } = reader;
  const sessions = sum(summary?.contexts.values() ?? []);
  const missing = lostIn(reader);
  const lost = missing === 0 ? '' : `; ${missing} more could not be read, and are not in it`;
  const secrets = header.withSecrets
    ? 'passwords included'
    : `without passwords (${summary?.secretsLeftOut ?? 0} left out)`;
  return `tribes: ${sessions} sessions of ${header.contexts.size} contexts in ${path}, ${bytes} bytes, ${secrets}${lost}`;
}

export function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}

async function guarded<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new TribesError('TRIBES_E_CLI_WRITE', { path, reason: messageOf(error) }, { cause: error });
  }
}
