import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { TribesError, contextName, type ShareGroup } from '../../base/index.js';
import type { AttributeViewer } from '../attribute-viewer.js';
import { Query, parametersOf } from '../query.js';
import type { RouteContext } from './route-context.js';

const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;

/** What the cluster shares beside sessions: single sign-ons, and the attributes of replicated web applications. */
export function mapRoutes(server: FastifyInstance, { node, viewer }: RouteContext): void {
  server.get('/v1/sso', (request, reply) => {
    const query = new Query(parametersOf(request), ['limit', 'cursor']);
    const limit = query.wholeNumber('limit', 1, MAX_PAGE, DEFAULT_PAGE);
    const after = query.text('cursor');
    return reply.send(node.mirror.singleSignOns({ limit, ...(after !== undefined && { after }) }));
  });

  server.get<{ Params: { context: string } }>('/v1/contexts/:context/attributes', (request, reply) => {
    new Query(parametersOf(request), []);
    const { context } = request.params;
    const attributes = node.mirror.contextAttributes(context);
    if (attributes === undefined) {
      throw new TribesError('TRIBES_E_API_NO_CONTEXT', { context: contextName(context) });
    }
    return reply
      .type('application/json; charset=utf-8')
      .send(Readable.from(attributesText(context, attributes, viewer)));
  });
}

/** Written by hand: names of others never become property names. */
async function* attributesText(
  context: string,
  attributes: readonly ShareGroup[],
  viewer: AttributeViewer,
): AsyncGenerator<string | Uint8Array> {
  yield `{"context":${JSON.stringify(context)},"attributes":{`;
  let separator = '';
  for (const group of attributes) {
    const [view = 'null'] = await viewer.group(group);
    yield `${separator}${JSON.stringify(group.names[0])}:`;
    yield view;
    separator = ',';
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield '}}';
}
