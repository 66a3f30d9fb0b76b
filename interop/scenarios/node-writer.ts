import { readFileSync } from 'node:fs';
import type { MirrorNode } from '../kit/index.js';

/** The media type of a value that says its Java class. */
export const TYPED = 'application/vnd.tomcat-tribes.typed+json';

export interface Written {
  readonly status: number;
  readonly etag: string | null;
  readonly body: {
    readonly id: string;
    readonly acknowledged: readonly string[];
    readonly unacknowledged: readonly { readonly member: string }[];
  };
}

export interface NodeWriterOptions {
  /** That of `write.tokenFile`. */
  readonly tokenFile: string;
  /** The sessions' context: "localhost#/app". */
  readonly context: string;
}

/** Writes sessions over HTTP with the token for it; the node has to have `write.enabled`. */
export class NodeWriter {
  readonly #node: MirrorNode;
  readonly #options: NodeWriterOptions;

  constructor(node: MirrorNode, options: NodeWriterOptions) {
    this.#node = node;
    this.#options = options;
  }

  /** @param path behind `/v1/sessions`. @throws Error unless it is done */
  async write(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
  ): Promise<Written> {
    const { context, tokenFile } = this.#options;
    const query = `context=${encodeURIComponent(context)}`;
    const response = await fetch(`${this.#node.url}/v1/sessions${path}?${query}`, {
      method,
      headers: {
        authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
        ...(body !== undefined && headers),
      },
      ...(body !== undefined && { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Written['body'] & { code?: string };
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    }
    return { status: response.status, etag: response.headers.get('etag'), body: answer };
  }
}
