import type { FastifyInstance } from 'fastify';
import { memberJson } from '../member-json.js';
import { Query, parametersOf } from '../query.js';
import type { RouteContext } from './route-context.js';

/** How the node is, and who is there. */
export function nodeRoutes(server: FastifyInstance, { node }: RouteContext): void {
  server.get('/healthz', (request, reply) => {
    new Query(parametersOf(request), []);
    const health = node.health();
    const warnings = health.warnings && { warnings: health.warnings };
    return health.ready
      ? reply.send({ status: 'ok', ...warnings })
      : reply.code(503).send({ status: 'unready', reason: health.reason, ...warnings });
  });

  server.get('/metrics', async (request, reply) => {
    new Query(parametersOf(request), []);
    return reply.type(node.metrics.contentType).send(await node.metrics.metrics());
  });

  server.get('/v1/members', (request, reply) => {
    new Query(parametersOf(request), []);
    const { channel } = node;
    return reply.send({
      local: memberJson(channel.local, 'local'),
      members: channel.members().map((member) => memberJson(member, 'member', channel.problemOf(member))),
      bridges: node.mirror
        .contexts()
        .flatMap(({ name, groups, bridge }) =>
          groups === undefined ? [] : [{ context: name, state: bridge, groups }],
        ),
    });
  });

  server.get('/v1/contexts', (request, reply) => {
    new Query(parametersOf(request), []);
    return reply.send(node.mirror.contexts());
  });
}
