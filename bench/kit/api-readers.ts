import { request, type ClientRequest } from 'node:http';
import { exchange, HttpStatusError, type MirrorNode } from '../../interop/kit/index.js';
import { CONTEXT } from './workbench.js';

const PAGE = 1_000;

/** What was read until the end. */
export interface Reading {
  readonly pages: number;
  /** Events, the number of those that were missed not among them. */
  readonly events: number;
}

/** Reads pages of sessions and events as fast as a node gives them, one request after the other. */
export class ApiReaders {
  readonly #node: MirrorNode;
  readonly #headers: { readonly authorization: string };
  readonly #events: ClientRequest;
  #pages = 0;
  #eventCount = 0;
  #ended = false;
  readonly #paging: Promise<void>;

  constructor(node: MirrorNode, token: string) {
    this.#node = node;
    this.#headers = { authorization: `Bearer ${token}` };
    const options = { agent: false, headers: this.#headers };
    this.#events = request(`${node.url}/v1/events`, options, (incoming) => {
      incoming.on('data', (chunk: Buffer) => (this.#eventCount += countOf('\nid: ', chunk)));
      incoming.on('error', () => undefined); // it is broken off in the end
    });
    this.#events.on('error', () => undefined);
    this.#events.end();
    this.#paging = this.#readPages();
    this.#paging.catch(() => undefined); // `end` tells
  }

  async end(): Promise<Reading> {
    this.#ended = true;
    this.#events.destroy();
    await this.#paging;
    if (this.#pages === 0) {
      throw new Error(`${this.#node.name} has given no page of its sessions`);
    }
    return { pages: this.#pages, events: this.#eventCount };
  }

  async #readPages(): Promise<void> {
    for (let cursor: string | null = null; !this.#ended; this.#pages++) {
      const query = new URLSearchParams({
        context: CONTEXT,
        limit: String(PAGE),
        ...(cursor !== null && { cursor }),
      });
      const url = `${this.#node.url}/v1/sessions?${query.toString()}`;
      const response = await exchange(url, { headers: this.#headers });
      if (response.status !== 200) {
        throw new HttpStatusError(url, response);
      }
      cursor = (JSON.parse(response.body.toString('utf8')) as { next: string | null }).next;
    }
  }
}

/** A mark that is cut in two by the end of a chunk is not counted: it is a matter of a few. */
function countOf(mark: string, chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(mark); at >= 0; at = chunk.indexOf(mark, at + mark.length)) {
    count++;
  }
  return count;
}
