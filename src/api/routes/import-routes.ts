import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ARCHIVE_TYPE, ArchiveReader } from '../../archive/index.js';
import { TribesError, contextName, type ContextName, type SessionRecord } from '../../base/index.js';
import {
  emptyTally,
  importSessions,
  WriteAudit,
  type ImportTally,
  type SessionImporter,
} from '../../session/index.js';
import { Query, parametersOf } from '../query.js';
import { originOf, type WriteRefusals } from '../write-refusals.js';
import type { RouteContext } from './route-context.js';

export interface ImportRouteContext extends Pick<RouteContext, 'node' | 'logger' | 'mayImport'> {
  readonly refusals: WriteRefusals;
}

/** What is asked for, beside the archive. */
interface Asked {
  readonly context?: ContextName;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
}

/**
 * Longest archive in one request. It is held in memory, compressed, and read twice: all of it is verified before anything is
 * changed. A large archive comes as several small ones (`tribes sessions import`).
 */
const MAX_ARCHIVE_BYTES = 2 ** 28 + 2 ** 20;

/** Takes the sessions of an archive in. */
export function importRoutes(server: FastifyInstance, context: ImportRouteContext): void {
  const { node, refusals, mayImport } = context;
  const audit = new WriteAudit(context.logger);
  let running = false;

  server.addContentTypeParser(
    [ARCHIVE_TYPE, 'application/octet-stream'],
    { parseAs: 'buffer', bodyLimit: MAX_ARCHIVE_BYTES },
    (_request, body, done) => done(null, body),
  );

  server.post<{ Body: unknown }>('/v1/import', { bodyLimit: MAX_ARCHIVE_BYTES }, async (request, reply) => {
    const asked = askedOf(request);
    if (!mayImport) {
      throw new TribesError('TRIBES_E_API_IMPORT', {});
    }
    if (running) {
      throw new TribesError('TRIBES_E_API_BUSY', { what: 'an import' });
    }
    running = true;
    refusals.handOver(request);
    const audited = { ...asked, origin: originOf(request) };
    const tally = emptyTally();
    try {
      await verify(request.body, asked.context);
      await takeIn(request.body, asked, node.importer, tally);
      audit.imported(audited, tally);
    } catch (error) {
      audit.notImported(audited, error, tally);
      throw error;
    } finally {
      running = false;
    }
    return await reply.send({ ...tally, members: node.channel.members().length });
  });
}

/** Error: TRIBES_E_API_QUERY. */
function askedOf({ url }: FastifyRequest): Asked {
  const query = new Query(parametersOf({ url }), ['context', 'overwrite', 'dryRun']);
  const isSet = (name: string): boolean => query.oneOf(name, ['true', 'false']) === 'true';
  const context = query.text('context');
  return {
    ...(context !== undefined && { context: contextName(context) }),
    overwrite: isSet('overwrite'),
    dryRun: isSet('dryRun'),
  };
}

/** Adds to `tally` as it goes on. Errors: TRIBES_E_STORE_FULL, TRIBES_E_STORE_WRITE. */
async function takeIn(
  body: unknown,
  { context, overwrite, dryRun }: Asked,
  importer: SessionImporter,
  tally: ImportTally,
): Promise<void> {
  const { header, batches } = await archiveIn(body);
  for await (const batch of batches) {
    await importSessions(
      importer,
      ofContext(batch, context),
      { asOf: header.asOf, overwrite, dryRun },
      tally,
    );
  }
  await importer.settle();
}

/** Reads the archive to its end, and keeps nothing of it. Errors: TRIBES_E_ARCHIVE_…, TRIBES_E_API_NO_CONTEXT. */
async function verify(body: unknown, context: ContextName | undefined): Promise<void> {
  const { header, batches } = await archiveIn(body);
  if (context !== undefined && !header.contexts.has(context)) {
    throw new TribesError('TRIBES_E_API_NO_CONTEXT', { context });
  }
  for (let next = await batches.next(); next.done !== true; next = await batches.next());
}

async function archiveIn(body: unknown) {
  const reader = await ArchiveReader.open(oneByOne(body instanceof Uint8Array ? [body] : []));
  return { header: reader.header, batches: reader.batches() };
}

async function* oneByOne(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* await Promise.resolve(chunks);
}

function ofContext(records: readonly SessionRecord[], context: ContextName | undefined) {
  return context === undefined ? records : records.filter((record) => record.context === context);
}
