import { isIP } from 'node:net';
import { TribesError } from '../base/index.js';
import { sameToken } from './token.js';

/** What a request says of where it goes, where it comes from, and what it may. */
export interface Credentials {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  /** The `token` query parameter. */
  readonly token: string | null;
}

export interface AccessOptions {
  /** The address that the interface is bound to. */
  readonly address: string;
  readonly allowedHosts: readonly string[];
  /** Null: everybody may. */
  readonly token: string | null;
  /** Null: nothing may be changed. */
  readonly writeToken: string | null;
  /** Name of the cookie that carries the token for a browser. */
  readonly cookieName: string;
}

/** Who may use the interface. Session ids are login credentials, so the answer is: who has the token. */
export class AccessPolicy {
  readonly #options: AccessOptions;
  readonly #names: ReadonlySet<string>;
  readonly #anyAddress: boolean;

  constructor(options: AccessOptions) {
    this.#options = options;
    const names = ['localhost', options.address, ...options.allowedHosts];
    this.#names = new Set(names.map((name) => name.toLowerCase()));
    this.#anyAddress = options.address === '0.0.0.0' || options.address === '::';
  }

  /**
   * Refuses a Host that is not ours: a page of another site whose name was rebound to our address (DNS rebinding) made a
   * browser send it. An interface bound to all addresses cannot know under which address it is reached, but rebinding
   * takes a name: there every literal address is good.
   *
   * Error: TRIBES_E_API_HOST.
   */
  checkHost({ host = '' }: Credentials): void {
    const name = hostName(host);
    if (!this.#names.has(name) && !(this.#anyAddress && isIP(name) !== 0)) {
      throw new TribesError('TRIBES_E_API_HOST', { host });
    }
  }

  /** Refuses what a page of another origin made a browser send. Error: TRIBES_E_API_ORIGIN. */
  checkOrigin({ host = '', origin }: Credentials): void {
    if (origin !== undefined && !isOriginOf(origin, host)) {
      throw new TribesError('TRIBES_E_API_ORIGIN', { origin });
    }
  }

  /**
   * The token for writing counts from the Authorization header alone: what a browser sends by itself, or what stands in a
   * history, changes nothing.
   *
   * Errors: TRIBES_E_API_READ_ONLY, TRIBES_E_API_READ_ONLY_TOKEN, TRIBES_E_API_WRITE_TOKEN.
   */
  checkWriteToken({ authorization }: Credentials): void {
    const { token, writeToken: expected } = this.#options;
    if (expected === null) {
      throw new TribesError('TRIBES_E_API_READ_ONLY', {});
    }
    const bearer = bearerOf(authorization) ?? '';
    if (token !== null && sameToken(bearer, token)) {
      throw new TribesError('TRIBES_E_API_READ_ONLY_TOKEN', {});
    }
    if (!sameToken(bearer, expected)) {
      throw new TribesError('TRIBES_E_API_WRITE_TOKEN', {});
    }
  }

  /** The token counts from the Authorization header, from the query, and from the cookie. Error: TRIBES_E_API_UNAUTHORIZED. */
  checkToken({ authorization, token, cookie }: Credentials): void {
    const expected = this.#options.token;
    if (expected === null) {
      return;
    }
    const presented = [bearerOf(authorization), token, cookieValue(cookie, this.#options.cookieName)];
    if (!presented.some((candidate) => typeof candidate === 'string' && sameToken(candidate, expected))) {
      throw new TribesError('TRIBES_E_API_UNAUTHORIZED', {});
    }
  }
}

function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

/** The name of a Host header, without port and brackets, in lower case. */
function hostName(host: string): string {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]*))(?::\d*)?$/i.exec(host);
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase();
}

function isOriginOf(origin: string, host: string): boolean {
  return ['http://', 'https://'].some((scheme) => origin.toLowerCase() === scheme + host.toLowerCase());
}

function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [key = '', value] = pair.split('=', 2);
    if (key.trim() === name) {
      return value === undefined ? undefined : decoded(value.trim());
    }
  }
  return undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
