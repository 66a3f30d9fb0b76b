import type { FastifyRequest } from 'fastify';
import {
  LogThrottle,
  isTribesError,
  sessionId,
  type Clock,
  type ErrorCode,
  type Logger,
} from '../base/index.js';
import { emptyTally, WriteAudit, type WriteOperation, type WriteOrigin } from '../session/index.js';

/** Whoever has no token for writing can make these; a line a minute says enough. */
const ANYBODY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'TRIBES_E_API_READ_ONLY',
  'TRIBES_E_API_WRITE_TOKEN',
  'TRIBES_E_API_READ_ONLY_TOKEN',
  'TRIBES_E_API_HOST',
  'TRIBES_E_API_ORIGIN',
]);

const OPERATIONS: Readonly<Record<string, WriteOperation>> = {
  PUT: 'change',
  PATCH: 'change',
  POST: 'create',
  DELETE: 'expire',
};

/** Tells in the log of writes and imports that were refused before they began: whoever carries them out tells of the rest. */
export class WriteRefusals {
  readonly #audit: WriteAudit;
  readonly #throttle: LogThrottle;
  readonly #handedOver = new WeakSet<FastifyRequest>();

  constructor(clock: Clock, logger: Logger) {
    this.#audit = new WriteAudit(logger);
    this.#throttle = new LogThrottle(clock, { logger });
  }

  /** It is begun now. */
  handOver(request: FastifyRequest): void {
    this.#handedOver.add(request);
  }

  refused(request: FastifyRequest, error: unknown): void {
    const operation = operationOf(request);
    if (operation === undefined || this.#handedOver.has(request)) {
      return;
    }
    const code = isTribesError(error) ? error.code : undefined;
    if (code !== undefined && ANYBODY.has(code) && this.#throttle.admit(code) === 0) {
      return;
    }
    if (operation === 'import') {
      this.#audit.notImported({ origin: originOf(request) }, error, emptyTally());
      return;
    }
    const { id } = request.params as { id?: string };
    const session = id === undefined ? {} : { sessionId: sessionId(id) };
    this.#audit.refused({ operation, origin: originOf(request), ...session }, error);
  }
}

/** Whoever asks, as far as is known: the holder of the token for writing, at an address. */
export function originOf({ ip: address }: FastifyRequest): WriteOrigin {
  return { by: 'http', address };
}

function operationOf({ method, url }: FastifyRequest): WriteOperation | 'import' | undefined {
  if (method === 'POST' && /^\/v1\/import(?:\?|$)/.test(url)) {
    return 'import';
  }
  if (!url.startsWith('/v1/sessions')) {
    return undefined;
  }
  if (/\/attributes\//.test(url)) {
    return method === 'PUT' || method === 'DELETE' ? 'change' : undefined;
  }
  return /\/change-id(?:\?|$)/.test(url) ? 'changeId' : OPERATIONS[method];
}
