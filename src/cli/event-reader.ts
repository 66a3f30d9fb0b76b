/** One server-sent event. */
export interface ServerSentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Bound on one event; the node's own are far below. */
const MAX_EVENT_CHARACTERS = 2 ** 24;

/**
 * The events of a stream (WHATWG HTML, "server-sent events"), for what our own node sends: lines end in LF. An event
 * without data only tells an id, as in a browser; it is given with empty `data`.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of body) {
    pending += decoder.decode(chunk, { stream: true });
    const blocks = pending.split('\n\n');
    pending = blocks.pop() ?? '';
    if (pending.length > MAX_EVENT_CHARACTERS) {
      throw new Error('an event is too long');
    }
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event !== undefined) {
        yield event;
      }
    }
  }
}

function parseBlock(block: string): ServerSentEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) {
      fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''));
    }
  }
  const id = fields.get('id');
  return id === undefined
    ? undefined
    : { id, event: fields.get('event') ?? 'message', data: fields.get('data') ?? '' };
}
