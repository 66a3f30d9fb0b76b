import { createHash, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  TribesError,
  messageOf,
  type Clock,
  type Logger,
  defaultWriteLimits,
  type WriteLimits,
} from '../base/index.js';
import type { NodeView } from '../node/index.js';
import { AccessPolicy, type Credentials } from './access.js';
import type { ShownLimits } from './attribute-view.js';
import { AttributeViewer } from './attribute-viewer.js';
import { eventFeed } from './event-feed.js';
import { EventLog } from './event-log.js';
import { BrokenRequests, MAX_HEAD_BYTES, REQUEST_TIMEOUT_MS } from './broken-request.js';
import { COMMON_HEADERS } from './common-headers.js';
import { problemOf } from './problem.js';
import { parametersOf } from './query.js';
import { eventRoutes } from './routes/event-routes.js';
import { exportRoutes } from './routes/export-routes.js';
import { importRoutes } from './routes/import-routes.js';
import { mapRoutes } from './routes/map-routes.js';
import { nodeRoutes } from './routes/node-routes.js';
import { pageRoutes } from './routes/page-routes.js';
import type { RouteContext } from './routes/route-context.js';
import { routeRoutes } from './routes/route-routes.js';
import { sessionRoutes } from './routes/session-routes.js';
import { isRefused, writeRoutes } from './routes/write-routes.js';
import { takeBodies } from './write-body.js';
import { WriteRefusals } from './write-refusals.js';

export interface ApiOptions {
  readonly address: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** Null: everybody who can connect may ask. */
  readonly token: string | null;
  /** Null, the default: nothing may be changed. */
  readonly writeToken?: string | null;
  /** Whether archives may be imported by who has the token for writing; default: not. */
  readonly import?: boolean;
  /** Bounds on one value that is written. */
  readonly writeLimits?: Pick<WriteLimits, 'maxBytes' | 'maxDepth'>;
  /** Further names under which the interface may be addressed. */
  readonly allowedHosts: readonly string[];
  /** Events kept for readers that fall behind, their number and their size. */
  readonly eventHistory: number;
  readonly eventHistoryBytes: number;
  readonly maxEventReaders: number;
  /** Whether exports may hold passwords; default: not. */
  readonly exportSecrets?: boolean;
  /** Bounds on what is read and shown of a value. */
  readonly limits: ShownLimits;
}

export interface ApiDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Api {
  readonly port: number;
  /** Of the status page, for a person to open; carries the token. */
  readonly url: string;
  /** Breaks off the event streams, answers what is under way, closes; idempotent. */
  stop(): Promise<void>;
}

/** Paths that are answered without a token, and under any name: to probes and scrapers. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/metrics']);

/** What the JSON of a value may be longer than its Java stream: escapes, base64, spaces. */
const BODY_FACTOR = 2;
const BODY_OVERHEAD = 65_536;

/** Connections at a time; further ones are closed at once. */
const MAX_CONNECTIONS = 1_024;

/**
 * Starts the HTTP interface of a node. What it answers is in docs/http-api.md.
 *
 * Error: TRIBES_E_API_BIND.
 */
export async function startApi(
  node: NodeView,
  options: ApiOptions,
  dependencies: ApiDependencies,
): Promise<Api> {
  const { clock, logger } = dependencies;
  const history = { maxEvents: options.eventHistory, maxBytes: options.eventHistoryBytes };
  const log = new EventLog(history, eventFeed(node, clock));
  const cookieName = `tribes-${createHash('sha256')
    .update(options.token ?? '')
    .digest('hex')
    .slice(0, 8)}`;
  const closing = new AbortController();
  const viewer = new AttributeViewer(options.limits);
  const context: RouteContext = {
    ...dependencies,
    node,
    viewer,
    log,
    cookieName,
    token: options.token,
    maxEventReaders: options.maxEventReaders,
    exportSecrets: options.exportSecrets ?? false,
    mayImport: options.import ?? false,
    life: randomBytes(6).toString('hex'),
    closing: closing.signal,
  };
  const brokenRequests = new BrokenRequests();
  const server = fastify({
    // Whether a request may do without a Host is for AccessPolicy to say.
    http: { maxHeaderSize: MAX_HEAD_BYTES, requireHostHeader: false },
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    clientErrorHandler: (error, socket) => brokenRequests.answer(error, socket),
    routerOptions: { maxParamLength: MAX_HEAD_BYTES },
    frameworkErrors: (_error, _request, reply) => {
      sendProblem(reply, new TribesError('TRIBES_E_API_PATH', {}));
    },
  });
  server.server.maxConnections = MAX_CONNECTIONS;
  server.server.on('request', (request, response) => brokenRequests.begun(request, response));
  const refusals = new WriteRefusals(clock, logger);
  const writeToken = options.writeToken ?? null;
  checkAccess(server, new AccessPolicy({ ...options, writeToken, cookieName }));
  tellFailures(server, logger, refusals);
  takeBodies(server);
  nodeRoutes(server, context);
  sessionRoutes(server, context);
  const { maxBytes, maxDepth } = options.writeLimits ?? defaultWriteLimits;
  writeRoutes(server, {
    mirror: node.mirror,
    writer: writeToken === null ? null : node.writer,
    refusals,
    bodyLimit: BODY_OVERHEAD + BODY_FACTOR * maxBytes,
    maxDepth,
  });
  eventRoutes(server, context);
  exportRoutes(server, context);
  importRoutes(server, { ...context, refusals });
  routeRoutes(server, context);
  mapRoutes(server, context);
  pageRoutes(server, context);
  const port = await listen(server, options);
  return {
    port,
    url: `http://${urlHost(options.address)}:${port}/${options.token === null ? '' : `?token=${encodeURIComponent(options.token)}`}`,
    async stop() {
      closing.abort();
      log.close();
      await viewer.close();
      await server.close();
    },
  };
}

function checkAccess(server: FastifyInstance, access: AccessPolicy): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(COMMON_HEADERS);
    const credentials = credentialsOf(request);
    access.checkOrigin(credentials);
    if (!OPEN_PATHS.has(request.routeOptions.url ?? '')) {
      access.checkHost(credentials);
      if (isWrite(request)) {
        access.checkWriteToken(credentials);
      } else {
        access.checkToken(credentials);
      }
    }
    done();
  });
}

/** Whether it would change something, on a path that takes changes by that method. */
function isWrite({ method, routeOptions }: FastifyRequest): boolean {
  const { url, config } = routeOptions;
  return method !== 'GET' && method !== 'HEAD' && url !== undefined && !isRefused(config);
}

function credentialsOf(request: FastifyRequest): Credentials {
  const { host, origin, authorization, cookie } = request.headers;
  return { host, origin, authorization, cookie, token: parametersOf(request).get('token') };
}

function tellFailures(server: FastifyInstance, logger: Logger, refusals: WriteRefusals): void {
  server.setErrorHandler((failure, request, reply) => {
    const error = codedError(failure, request);
    refusals.refused(request, error);
    const { status } = problemOf(error);
    if (status >= 500) {
      logger.error({ route: request.routeOptions.url, err: error }, 'an HTTP request failed');
    }
    return sendProblem(reply, error);
  });
  server.setNotFoundHandler(({ method, url }, reply) => {
    if (method === 'GET' || method === 'HEAD') {
      return sendProblem(reply, new TribesError('TRIBES_E_API_NO_PATH', { path: url.split('?', 1).join() }));
    }
    return sendProblem(
      reply.header('allow', 'GET, HEAD'),
      new TribesError('TRIBES_E_API_METHOD', { method }),
    );
  });
}

/** What the framework says of a body, in our own words. */
function codedError(error: unknown, { headers, routeOptions }: FastifyRequest): unknown {
  switch ((error as { code?: unknown }).code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new TribesError('TRIBES_E_API_BODY_TOO_LARGE', { limit: routeOptions.bodyLimit });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new TribesError('TRIBES_E_API_MEDIA_TYPE', { type: headers['content-type'] ?? '' });
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new TribesError('TRIBES_E_API_BODY', { problem: 'is not as long as Content-Length says' });
    default:
      return error;
  }
}

function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const { status, body } = problemOf(error);
  if (status === 401) {
    void reply.header('www-authenticate', 'Bearer realm="tribes"');
  }
  return reply.code(status).send(body);
}

/** The port that it got. */
async function listen(server: FastifyInstance, { address, port }: ApiOptions): Promise<number> {
  try {
    await server.listen({ host: address, port });
    return (server.server.address() as AddressInfo).port;
  } catch (error) {
    await server.close();
    throw new TribesError('TRIBES_E_API_BIND', { address, port, reason: messageOf(error) }, { cause: error });
  }
}

/** Where a browser on this host reaches what is bound to `address`. */
function urlHost(address: string): string {
  if (address === '0.0.0.0' || address === '::') {
    return '127.0.0.1';
  }
  return address.includes(':') ? `[${address}]` : address;
}
