import type { FastifyInstance } from 'fastify';
import { Query, parametersOf } from '../query.js';
import { nextTurn } from '../session-filter.js';
import type { RouteContext } from './route-context.js';

/** Sessions counted at a time, the first time that somebody asks. */
const STEPS = 200;

/** Which Tomcats serve the sessions: `jvmRoute`, the suffix of their ids. */
export function routeRoutes(server: FastifyInstance, { node, closing }: RouteContext): void {
  server.get('/v1/routes', async (request, reply) => {
    new Query(parametersOf(request), []);
    let routes = node.mirror.routes(STEPS);
    while (routes === undefined) {
      await nextTurn();
      closing.throwIfAborted();
      routes = node.mirror.routes(STEPS);
    }
    const rows = [...routes].flatMap(([context, counts]) =>
      [...counts].map(([route, sessions]) => ({ context, route, sessions })),
    );
    return reply.send(rows);
  });
}
