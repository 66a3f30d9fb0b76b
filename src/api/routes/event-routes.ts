import type { FastifyInstance } from 'fastify';
import { TribesError } from '../../base/index.js';
import { COMMON_HEADERS } from '../common-headers.js';
import { EventStream } from '../event-stream.js';
import { Query, parametersOf } from '../query.js';
import type { RouteContext } from './route-context.js';

const KEEP_ALIVE_MS = 15_000;

/** What happens, as server-sent events. */
export function eventRoutes(server: FastifyInstance, context: RouteContext): void {
  const { log, life, clock, closing, maxEventReaders } = context;
  const readers = new Set<EventStream>();

  server.get('/v1/events', { exposeHeadRoute: false }, (request, reply) => {
    const query = new Query(parametersOf(request), ['context', 'lastEventId']);
    if (readers.size >= maxEventReaders) {
      throw new TribesError('TRIBES_E_API_TOO_MANY_READERS', { count: readers.size });
    }
    const { 'last-event-id': header } = request.headers;
    const lastEventId = typeof header === 'string' ? header : query.text('lastEventId');
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      ...COMMON_HEADERS,
      'x-accel-buffering': 'no',
    });
    const reader = new EventStream(response, { log, life, context: query.text('context'), lastEventId });
    readers.add(reader);
    request.raw.socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    const keepAlive = clock.every(KEEP_ALIVE_MS, () => reader.keepAlive());
    const onClose = (): void => {
      keepAlive.cancel();
      closing.removeEventListener('abort', onClose);
      readers.delete(reader);
      reader.close();
    };
    response.on('close', onClose);
    closing.addEventListener('abort', onClose);
  });
}
