import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { TribesError } from '../base/index.js';
import { COMMON_HEADERS } from './common-headers.js';
import { problemOf } from './problem.js';

/** Bound on the head of a request, and so on every id and name in a path. */
export const MAX_HEAD_BYTES = 65_536;

/** Time for a request to arrive whole. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** Answers what did not become a request, on the bare connection, and closes it. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy(); // nobody reads on, or the answer to an earlier request may still be on its way
    return;
  }
  const { status, body } = problemOf(problemWith(error));
  const json = JSON.stringify(body);
  const headers = {
    ...COMMON_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(json),
    connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head.join('')}\r\n${json}`);
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
