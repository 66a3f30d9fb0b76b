import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TribesError } from '../base/index.js';
import { COMMON_HEADERS } from './common-headers.js';
import { problemOf } from './problem.js';

/** Bound on the head of a request, and so on every id and name in a path. */
export const MAX_HEAD_BYTES = 65_536;

/** Time for a request to arrive whole. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** For that long what a client still sends is thrown away, so that it can read its answer. */
const CLOSING_MS = 1_000;

/** Answers what did not become a request, on the bare connection, and closes it. */
export class BrokenRequests {
  readonly #answering = new WeakSet<Socket>();
  readonly #closing = new WeakSet<Socket>();

  /** To be told of every request, so that nothing is written into the answer to it. */
  begun({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#answering.add(socket);
    response.once('close', () => this.#answering.delete(socket));
  }

  answer(error: NodeJS.ErrnoException, socket: Socket): void {
    if (this.#closing.has(socket)) {
      return; // more of the same
    }
    if (error.code === 'ECONNRESET' || !socket.writable || this.#answering.has(socket)) {
      socket.destroy();
      return;
    }
    this.#closing.add(socket);
    socket.end(answerTo(error));
    setTimeout(() => socket.destroy(), CLOSING_MS).unref();
  }
}

function answerTo(error: NodeJS.ErrnoException): string {
  const { status, body } = problemOf(problemWith(error));
  const json = JSON.stringify(body);
  const headers = {
    ...COMMON_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(json),
    connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head.join('')}\r\n${json}`;
}

function problemWith({ code, message }: NodeJS.ErrnoException): TribesError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new TribesError('TRIBES_E_API_HEAD_TOO_LARGE', { limit: MAX_HEAD_BYTES });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new TribesError('TRIBES_E_API_TIMEOUT', { timeout: REQUEST_TIMEOUT_MS });
    default:
      return new TribesError('TRIBES_E_API_NOT_HTTP', { reason: message });
  }
}
