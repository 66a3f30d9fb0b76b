import { join, resolve } from 'node:path';
import { TribesError, isTribesError, messageOf } from '../base/index.js';
import { loadToken } from '../api/index.js';
import type { Settings } from '../config/index.js';

/** What a mirror answered instead of what was asked for: its own code, message and remedy. */
export class RemoteProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string;

  constructor(status: number, body: { code: string; message: string; remedy: string }) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.remedy = body.remedy;
  }
}

/** Asks a running mirror over HTTP, as the settings say where it is; its token comes from the file that it reads too. */
export class MirrorClient {
  readonly url: string;
  readonly #token: string | null;
  readonly #writeToken: () => string;

  /** Errors: TRIBES_E_CLI_NO_TOKEN, TRIBES_E_API_TOKEN_FILE. */
  constructor({ http, data, write }: Pick<Settings, 'http' | 'data' | 'write'>) {
    const host = http.address === '0.0.0.0' ? '127.0.0.1' : http.address === '::' ? '::1' : http.address;
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${http.port}`;
    this.#writeToken = () => tokenAt(write.tokenFile ?? join(data, 'write-token'));
    this.#token = http.insecure ? null : tokenAt(http.tokenFile ?? join(data, 'token'));
  }

  /** The JSON at `path`. Errors: RemoteProblem, TRIBES_E_CLI_NO_MIRROR, TRIBES_E_CLI_PORT, TRIBES_E_CLI_ANSWER. */
  async get(path: string): Promise<unknown> {
    const response = await this.#ask(path, {});
    return await response.json();
  }

  /** The body of `path` as it comes, until `signal` is aborted. Errors as `get`. */
  async stream(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#ask(path, { headers, signal });
    if (response.body === null) {
      throw new TribesError('TRIBES_E_CLI_ANSWER', { url: this.url, reason: 'an empty answer' });
    }
    return response.body;
  }

  /** Sends `body`, with the token for writing; the JSON of the answer. Errors as `get`. */
  async post(path: string, body: Uint8Array<ArrayBuffer>, type: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.#writeToken()}`, 'content-type': type };
    const response = await this.#ask(path, { method: 'POST', headers, body });
    return await response.json();
  }

  /** Changes something, with the token for writing; the JSON of the answer. Errors as `get`. */
  async write(method: string, path: string, type: string, body: string | undefined): Promise<unknown> {
    const headers = {
      authorization: `Bearer ${this.#writeToken()}`,
      ...(body !== undefined && { 'content-type': type }),
    };
    const response = await this.#ask(path, { method, headers, ...(body !== undefined && { body }) });
    return await response.json();
  }

  async #ask(
    path: string,
    {
      headers,
      ...init
    }: Pick<RequestInit, 'method' | 'body' | 'signal'> & { headers?: Readonly<Record<string, string>> },
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.url + path, {
        ...init,
        headers: { ...(this.#token !== null && { authorization: `Bearer ${this.#token}` }), ...headers },
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      const reason = messageOf(cause);
      throw reason === 'bad port'
        ? new TribesError('TRIBES_E_CLI_PORT', { url: this.url }, { cause: error })
        : new TribesError('TRIBES_E_CLI_NO_MIRROR', { url: this.url, reason }, { cause: error });
    }
    if (!response.ok) {
      throw await this.#problem(response);
    }
    return response;
  }

  async #problem(response: Response): Promise<Error> {
    const body: unknown = await response.json().catch(() => null);
    return isProblemBody(body)
      ? new RemoteProblem(response.status, body)
      : new TribesError('TRIBES_E_CLI_ANSWER', { url: this.url, reason: `status ${response.status}` });
  }
}

function tokenAt(path: string): string {
  try {
    return loadToken(path);
  } catch (error) {
    if (isTribesError(error) && (error.cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new TribesError('TRIBES_E_CLI_NO_TOKEN', { path: resolve(path) }, { cause: error });
    }
    throw error;
  }
}

function isProblemBody(body: unknown): body is { code: string; message: string; remedy: string } {
  return (
    typeof body === 'object' &&
    body !== null &&
    ['code', 'message', 'remedy'].every((key) => typeof (body as Record<string, unknown>)[key] === 'string')
  );
}
