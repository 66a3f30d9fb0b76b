import { request, type IncomingHttpHeaders } from 'node:http';

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Milliseconds for the whole exchange. Default 30,000. */
  readonly timeout?: number;
}

/** An answer that was not 2xx. */
export class HttpStatusError extends Error {
  override readonly name = 'HttpStatusError';
  readonly response: HttpResponse;

  constructor(url: string, response: HttpResponse) {
    super(`${url} answered ${response.status}: ${response.body.toString('utf8').slice(0, 400)}`);
    this.response = response;
  }
}

/** One request on a connection of its own, so that no pooled connection outlives a server that is restarted. */
export function exchange(url: string, options: HttpRequest = {}): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: options.method ?? 'GET',
        agent: false,
        signal: AbortSignal.timeout(options.timeout ?? 30_000),
        headers: { connection: 'close', ...options.headers },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks),
          });
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end(options.body);
  });
}

/** For how long a stream that never ends must have been silent, and how long it is read at the most. */
const QUIET_MILLISECONDS = 300;
const READ_MILLISECONDS = 10_000;

/** What a stream that never ends says before it falls silent. */
export function readUntilQuiet(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const outgoing = request(url, { agent: false, headers }, (incoming) => {
      const end = (): void => {
        clearTimeout(late);
        outgoing.destroy();
        resolve(said);
      };
      const late = setTimeout(end, READ_MILLISECONDS);
      outgoing.setTimeout(QUIET_MILLISECONDS, end);
      incoming.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      incoming.once('end', end);
      incoming.on('error', () => undefined); // it was broken off
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

/** The body of a 2xx answer as JSON. @throws HttpStatusError */
export async function getJson(url: string, options: HttpRequest = {}): Promise<unknown> {
  const response = await exchange(url, options);
  if (response.status < 200 || response.status > 299) {
    throw new HttpStatusError(url, response);
  }
  return JSON.parse(response.body.toString('utf8'));
}

/**
 * A browser: it keeps cookies by name and path, and sends them to every node of the cluster alike, as if a load balancer stood
 * between.
 */
export class Browser {
  readonly #cookies = new Map<string, { name: string; path: string; value: string }>();

  /** The value of the first cookie of that name whose path leads to `path`. */
  cookie(name: string, path: string): string | undefined {
    return [...this.#cookies.values()].find((cookie) => cookie.name === name && covers(cookie.path, path))
      ?.value;
  }

  /** @throws nothing for any status; redirects are not followed */
  async fetch(base: string, path: string, options: HttpRequest = {}): Promise<HttpResponse> {
    const headers: Record<string, string> = { ...options.headers };
    const cookies = [...this.#cookies.values()].filter((cookie) => covers(cookie.path, path));
    if (cookies.length > 0) {
      headers['cookie'] = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    }
    const response = await exchange(base + path, { ...options, headers });
    for (const line of response.headers['set-cookie'] ?? []) {
      this.#keep(line);
    }
    return response;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals);
    const value = pair.slice(equals + 1);
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
    this.#cookies.set(`${name} ${path}`, { name, path, value });
  }
}

function covers(cookiePath: string, target: string): boolean {
  const path = target.split('?', 1)[0] ?? '';
  const prefix = cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`;
  return path === cookiePath || path.startsWith(prefix);
}
