import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { TribesError, type SessionRecord } from '../../base/index.js';
import { entityTag } from '../entity-tag.js';
import { knownContext } from '../known-context.js';
import { Query, parametersOf } from '../query.js';
import { pageInSlices } from '../session-filter.js';
import { lookForSession } from '../session-finder.js';
import { sessionText, summaryJson } from '../session-json.js';
import type { RouteContext } from './route-context.js';

const MAX_PAGE = 10_000;
const DEFAULT_PAGE = 100;

/** The sessions, and what they hold. */
export function sessionRoutes(server: FastifyInstance, { node, viewer }: RouteContext): void {
  const { mirror } = node;

  const find = (id: string, query: Query, reply: FastifyReply): Promise<SessionRecord | undefined> =>
    lookForSession(mirror, id, query, reply);

  server.get('/v1/sessions', async (request, reply) => {
    const query = new Query(parametersOf(request), ['context', 'route', 'limit', 'cursor']);
    const limit = query.wholeNumber('limit', 1, MAX_PAGE, DEFAULT_PAGE);
    const cursor = query.text('cursor');
    const route = query.text('route');
    const asked = {
      ...knownContext(mirror, query),
      ...(route !== undefined && { route }),
      ...(cursor !== undefined && { cursor }),
      limit,
    };
    // All is known before anything is sent: what goes wrong has its status.
    const pieces: string[] = ['{"sessions":['];
    let separator = '';
    let next: string | null = null;
    for await (const slice of pageInSlices(mirror, asked)) {
      const rows = slice.sessions.map((session) =>
        JSON.stringify(summaryJson(session, mirror.isUnconfirmed(session))),
      );
      if (rows.length > 0) {
        pieces.push(separator, rows.join());
        separator = ',';
      }
      ({ next } = slice);
    }
    pieces.push(`],"next":${JSON.stringify(next)}}`);
    return reply.type('application/json; charset=utf-8').send(Readable.from(pieces));
  });

  server.get<{ Params: { id: string } }>('/v1/sessions/:id', async (request, reply) => {
    const query = new Query(parametersOf(request), ['context']);
    const record = await find(request.params.id, query, reply);
    return record === undefined
      ? reply
      : reply
          .type('application/json; charset=utf-8')
          .header('etag', entityTag(record))
          .send(Readable.from(sessionText(record, mirror, viewer)));
  });

  server.get<{ Params: { id: string; name: string } }>(
    '/v1/sessions/:id/attributes/:name',
    async (request, reply) => {
      const { id, name } = request.params;
      const query = new Query(parametersOf(request), ['context', 'format']);
      const format = query.oneOf('format', ['json', 'java']) ?? 'json';
      const record = await find(id, query, reply);
      if (record === undefined) {
        return reply;
      }
      const group = record.attributes.find(({ names }) => names.includes(name));
      if (group === undefined) {
        throw new TribesError('TRIBES_E_API_NO_ATTRIBUTE', { name });
      }
      void reply.header('etag', entityTag(record));
      const index = group.names.indexOf(name);
      if (format === 'json') {
        return reply.type('application/json; charset=utf-8').send(await viewer.one(group, index));
      }
      const stream = await viewer.stream(group, index);
      return reply
        .type('application/x-java-serialized-object')
        .header('content-disposition', 'attachment; filename="attribute.ser"')
        .send(stream);
    },
  );
}
