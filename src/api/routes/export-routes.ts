import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { ARCHIVE_TYPE } from '../../archive/index.js';
import { TribesError, messageOf } from '../../base/index.js';
import { exportSessions } from '../../session/index.js';
import { knownContext } from '../known-context.js';
import { Query, parametersOf } from '../query.js';
import type { RouteContext } from './route-context.js';

/** Exports at a time: what changes meanwhile is kept for each. */
const MAX_EXPORTS = 2;

/** A reader that takes nothing for that long is let go, in milliseconds. */
const STALLED_MS = 60_000;

/** Every session, as of one instant, in one archive (docs/export-format.md). */
export function exportRoutes(server: FastifyInstance, { node, logger, exportSecrets }: RouteContext): void {
  let running = 0;

  server.get('/v1/export', { exposeHeadRoute: false }, (request, reply) => {
    const query = new Query(parametersOf(request), ['context', 'withSecrets']);
    const withSecrets = query.oneOf('withSecrets', ['true', 'false']) === 'true';
    const context = knownContext(node.mirror, query);
    if (withSecrets && !exportSecrets) {
      throw new TribesError('TRIBES_E_API_SECRETS', {});
    }
    if (running >= MAX_EXPORTS) {
      throw new TribesError('TRIBES_E_API_BUSY', { what: 'an export' });
    }
    running++;
    const { socket } = request.raw;
    const stalled = (): void => void socket.destroy();
    socket.setTimeout(STALLED_MS, stalled);
    const pieces = exportSessions(() => node.mirror.snapshot(), { ...context, withSecrets });
    logger.info({ ...context, withSecrets, address: request.ip }, 'sessions are being exported');
    const body = Readable.from(pieces, { objectMode: false, highWaterMark: 2 ** 16 });
    body.once('error', (error) => logger.warn({ error: messageOf(error) }, 'an export broke off'));
    body.once('close', () => {
      running--;
      socket.off('timeout', stalled).setTimeout(0);
    });
    return reply
      .type(ARCHIVE_TYPE)
      .header('content-disposition', 'attachment; filename="sessions.tribes"')
      .send(body);
  });
}
