import type { FastifyInstance } from 'fastify';
import { ARCHIVE_TYPE, ArchiveReader } from '../../archive/index.js';
import { TribesError, contextName, type ContextName, type SessionRecord } from '../../base/index.js';
import { emptyTally, importSessions } from '../../session/index.js';
import { Query, parametersOf } from '../query.js';
import type { RouteContext } from './route-context.js';

/**
 * Longest archive in one request. It is held in memory, compressed, and read twice: all of it is verified before anything is
 * changed. A large archive comes as several small ones (`tribes sessions import`).
 */
const MAX_ARCHIVE_BYTES = 2 ** 28 + 2 ** 20;

/** Takes the sessions of an archive in. */
export function importRoutes(server: FastifyInstance, { node, logger, mayImport }: RouteContext): void {
  let running = false;

  server.addContentTypeParser(
    [ARCHIVE_TYPE, 'application/octet-stream'],
    { parseAs: 'buffer', bodyLimit: MAX_ARCHIVE_BYTES },
    (_request, body, done) => done(null, body),
  );

  server.post<{ Body: unknown }>(
    '/v1/import',
    { bodyLimit: MAX_ARCHIVE_BYTES },
    async ({ url, body, ip }, reply) => {
      const query = new Query(parametersOf({ url }), ['context', 'overwrite', 'dryRun']);
      const isSet = (name: string): boolean => query.oneOf(name, ['true', 'false']) === 'true';
      const overwrite = isSet('overwrite');
      const dryRun = isSet('dryRun');
      if (!mayImport) {
        throw new TribesError('TRIBES_E_API_IMPORT', {});
      }
      if (running) {
        throw new TribesError('TRIBES_E_API_BUSY', { what: 'an import' });
      }
      running = true;
      try {
        const name = query.text('context');
        const context = name === undefined ? undefined : contextName(name);
        await verify(body, context);
        const tally = emptyTally();
        const { header, batches } = await archiveIn(body);
        for await (const batch of batches) {
          const how = { asOf: header.asOf, overwrite, dryRun };
          await importSessions(node.importer, ofContext(batch, context), how, tally);
        }
        await node.importer.settle();
        logger.info({ ...tally, overwrite, dryRun, by: 'http', address: ip }, 'sessions were imported');
        return await reply.send({ ...tally, members: node.channel.members().length });
      } finally {
        running = false;
      }
    },
  );
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
