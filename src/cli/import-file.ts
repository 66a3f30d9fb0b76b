import { open, type FileHandle } from 'node:fs/promises';
import { ARCHIVE_TYPE, ArchiveReader, writeArchive, type ArchiveHeader } from '../archive/index.js';
import {
  contextName,
  isTribesError,
  messageOf,
  silentLogger,
  systemClock,
  TribesError,
  type ContextName,
  type SessionRecord,
} from '../base/index.js';
import {
  emptyTally,
  importSessions,
  StoreImporter,
  type ImportOptions,
  type ImportTally,
} from '../session/index.js';
import { MemoryStore } from '../store/index.js';
import { ExitCode, type Invocation } from './command.js';
import { checkContext, sum } from './export-file.js';
import { MirrorClient } from './mirror-client.js';
import { hasStore, withOfflineStore } from './offline-store.js';
import { Progress } from './progress.js';
import { printable } from './terminal-text.js';

/** Batches of the archive (256 KiB of sessions each) that are taken in before it is waited for that they rest. */
const BATCHES_AT_ONCE = 16;

/** What takes sessions in; resolves when they rest. */
type Target = (records: readonly SessionRecord[]) => Promise<void>;

/**
 * `tribes sessions import`: reads the archive twice. The first time all of it is verified; nothing is changed before that.
 *
 * Errors: TRIBES_E_CLI_FILE, TRIBES_E_CLI_NO_CONTEXT, TRIBES_E_ARCHIVE_…, those of `MirrorClient` and of the store.
 */
export async function importFile(path: string, invocation: Invocation): Promise<number> {
  const { switches, options, terminal } = invocation;
  const named = options.get('context');
  const context = named === undefined ? undefined : contextName(named);
  const file = await guarded(path, () => open(path));
  try {
    const header = await verify(path, file, context, invocation);
    const how = { asOf: header.asOf, overwrite: switches.has('overwrite'), dryRun: switches.has('dry-run') };
    const tally = emptyTally();
    const take = async (target: Target): Promise<void> => {
      await feed(piecesOf(path, file), context, target, invocation);
    };
    const place = switches.has('offline')
      ? await takeOffline(take, how, tally, invocation)
      : await takeOnline(take, how, header, tally, invocation);
    terminal.out(`${printable(told(tally, how.dryRun))}\n`);
    terminal.err(`tribes: ${printable(place)}\n`);
    return tally.refused === 0 ? ExitCode.OK : ExitCode.FAILED;
  } finally {
    await file.close();
  }
}

/** Reads all of the archive, and says what is in it. */
async function verify(
  path: string,
  file: FileHandle,
  context: ContextName | undefined,
  { terminal }: Invocation,
): Promise<ArchiveHeader> {
  const reader = await ArchiveReader.open(piecesOf(path, file));
  const { header } = reader;
  checkContext(context, header.contexts.keys(), path);
  const progress = new Progress(terminal, 'verifying', sum(header.contexts.values()));
  for await (const batch of reader.batches()) {
    terminal.interrupted.throwIfAborted();
    progress.add(batch.length);
  }
  const sessions = sum(reader.summary?.contexts.values() ?? []);
  const contexts = [...header.contexts.keys()].map((name) => `"${name}"`).join(', ') || 'none';
  const parts = [
    `${path} is whole: ${sessions} sessions`,
    `as of ${new Date(header.asOf).toISOString()}`,
    `by ${header.writer}`,
    header.withSecrets ? 'with passwords' : 'without passwords',
    `contexts: ${contexts}`,
  ];
  terminal.err(`tribes: ${printable(parts.join('; '))}\n`);
  return header;
}

/** Hands the sessions to `target`, some megabytes at a time. */
async function feed(
  pieces: AsyncIterable<Uint8Array>,
  context: ContextName | undefined,
  target: Target,
  { terminal }: Invocation,
): Promise<void> {
  const reader = await ArchiveReader.open(pieces);
  const progress = new Progress(terminal, 'importing', sum(reader.header.contexts.values()));
  let records: SessionRecord[] = [];
  let batches = 0;
  for await (const batch of reader.batches()) {
    terminal.interrupted.throwIfAborted();
    progress.add(batch.length);
    records = records.concat(
      context === undefined ? batch : batch.filter((record) => record.context === context),
    );
    if (++batches % BATCHES_AT_ONCE === 0) {
      await target(records);
      records = [];
    }
  }
  await target(records);
}

async function takeOffline(
  take: (target: Target) => Promise<void>,
  how: ImportOptions,
  tally: ImportTally,
  { settings }: Invocation,
): Promise<string> {
  const now = (): number => systemClock.now();
  const into = (importer: StoreImporter): Target => {
    return async (records) => {
      await importSessions(importer, records, how, tally);
      await importer.settle();
    };
  };
  if (how.dryRun && !hasStore(settings)) {
    // Nothing is made where nothing is to be changed.
    const nothing = new MemoryStore({ logger: silentLogger });
    await nothing.open();
    await take(into(new StoreImporter(nothing, now)));
  } else {
    await withOfflineStore(settings, (store) => take(into(new StoreImporter(store, now))));
  }
  return `the node that is started with --data ${settings.data} has them`;
}

async function takeOnline(
  take: (target: Target) => Promise<void>,
  how: ImportOptions,
  header: ArchiveHeader,
  tally: ImportTally,
  { settings }: Invocation,
): Promise<string> {
  const client = new MirrorClient(settings);
  const { overwrite, dryRun } = how;
  const query = new URLSearchParams({
    ...(overwrite && { overwrite: 'true' }),
    ...(dryRun && { dryRun: 'true' }),
  });
  let members = 0;
  await take(async (records) => {
    const archive = await archiveOf(header, records);
    const answer = await client.post(`/v1/import?${query.toString()}`, archive, ARCHIVE_TYPE);
    const { members: present, ...outcomes } = answer as ImportTally & { members: number };
    members = present;
    for (const outcome of Object.keys(tally) as (keyof ImportTally)[]) {
      tally[outcome] += outcomes[outcome];
    }
  });
  return members === 0
    ? 'Tomcats that are started from now on get them from the mirror'
    : `members that are there (${members}) do not get them by themselves: a Tomcat asks for sessions when it starts`;
}

/** An archive of some of the sessions of another. */
async function archiveOf(
  header: ArchiveHeader,
  records: readonly SessionRecord[],
): Promise<Buffer<ArrayBuffer>> {
  const contexts = new Map<ContextName, number>();
  for (const { context } of records) {
    contexts.set(context, (contexts.get(context) ?? 0) + 1);
  }
  const pieces: Buffer[] = [];
  // What is in the archive may go on: it has been decided when that was made.
  for await (const piece of writeArchive({ ...header, contexts, withSecrets: true }, records)) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function told(tally: ImportTally, dryRun: boolean): string {
  const imported = tally.new + tally.replaced;
  const left = [
    [tally.kept, 'are there already, as late or later'],
    [tally.idle, 'had been idle for too long'],
    [tally.expired, 'have expired here'],
    [tally.refused, 'are of too many contexts (session.maxContexts)'],
  ] as const;
  const verb = dryRun ? 'would be imported' : 'imported';
  return [
    `${imported} sessions ${verb}: ${tally.new} new, ${tally.replaced} in place of others`,
    ...left.filter(([count]) => count > 0).map(([count, why]) => `${count} left out: they ${why}`),
  ].join('; ');
}

/** What the file holds, from its beginning. Error: TRIBES_E_CLI_FILE. */
async function* piecesOf(path: string, file: FileHandle): AsyncGenerator<Uint8Array> {
  const pieces = file.createReadStream({ start: 0, autoClose: false, highWaterMark: 2 ** 20 });
  try {
    yield* pieces as AsyncIterable<Buffer>;
  } catch (error) {
    throw fileError(path, error);
  }
}

async function guarded<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw fileError(path, error);
  }
}

function fileError(path: string, error: unknown): unknown {
  return isTribesError(error)
    ? error
    : new TribesError('TRIBES_E_CLI_FILE', { path, reason: messageOf(error) }, { cause: error });
}
