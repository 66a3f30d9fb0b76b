import type { FastifyInstance } from 'fastify';
import { statusPage } from '../page/status-page.js';
import { Query, parametersOf } from '../query.js';
import type { RouteContext } from './route-context.js';

/** The status page. Opened with the token in its address, it leaves the token in a cookie that scripts cannot read. */
export function pageRoutes(server: FastifyInstance, { token, cookieName }: RouteContext): void {
  server.get('/', (request, reply) => {
    const parameters = parametersOf(request);
    new Query(parameters, []);
    if (token !== null && parameters.has('token')) {
      void reply.header(
        'set-cookie',
        `${cookieName}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Strict`,
      );
    }
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', statusPage.contentSecurityPolicy)
      .send(statusPage.html);
  });
}
