import type { FastifyInstance } from 'fastify';
import { ArchiveReader } from '../../archive/index.js';
import { TribesError, contextName, type ContextName, type SessionRecord } from '../../base/index.js';
import { emptyTally, importSessions } from '../../session/index.js';
import { Query, parametersOf } from '../query.js';
import { ARCHIVE_TYPE } from './export-routes.js';
import type { RouteContext } from './route-context.js';

/**
 * Longest archive in one request. It is held in memory, so that all of it is verified before anything is changed; a large
 * archive comes as several small ones (`tribes sessions import`).
 */
const MAX_ARCHIVE_BYTES = 2 ** 28 + 2 ** 20;

/** Takes the sessions of an archive in. */
export function importRoutes(server: FastifyInstance, { node, logger }: RouteContext): void {
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
      if (running) {
        throw new TribesError('TRIBES_E_API_BUSY', { what: 'an import' });
      }
      running = true;
      try {
        const name = query.text('context');
        const { asOf, batches } = await verified(body);
        const tally = emptyTally();
        for (const batch of batches) {
          const records = ofContext(batch, name === undefined ? undefined : contextName(name));
          await importSessions(node.importer, records, { asOf, overwrite, dryRun }, tally);
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

/** All of the archive, read to its end. Errors: TRIBES_E_ARCHIVE_…. */
async function verified(body: unknown) {
  const chunks = body instanceof Uint8Array ? [body] : [];
  const reader = await ArchiveReader.open(oneByOne(chunks));
  const batches: (readonly SessionRecord[])[] = [];
  for await (const batch of reader.batches()) {
    batches.push(batch);
  }
  return { asOf: reader.header.asOf, batches };
}

async function* oneByOne(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* await Promise.resolve(chunks);
}

function ofContext(records: readonly SessionRecord[], context: ContextName | undefined) {
  return context === undefined ? records : records.filter((record) => record.context === context);
}
