import { expect } from 'chai';
import { readEvents, type ServerSentEvent } from '../../src/cli/event-reader.js';

async function eventsOf(text: string, size: number): Promise<ServerSentEvent[]> {
  const bytes = Buffer.from(text);
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < bytes.length; start += size) {
      yield await Promise.resolve(bytes.subarray(start, start + size));
    }
  }
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(body())) {
    events.push(event);
  }
  return events;
}

describe('readEvents', () => {
  const text =
    'retry: 1000\nid: a-0\n\n: still here\n\nid: a-1\nevent: session\ndata: {"name":"größe: 1"}\n\nid: a-2\ndata: x\n\nid: a-3\nda';

  for (const size of [1, 2, 3, 7, 1000]) {
    it(`reads the whole events of a stream in pieces of ${size}`, async () => {
      expect(await eventsOf(text, size)).to.deep.equal([
        { id: 'a-0', event: 'message', data: '' },
        { id: 'a-1', event: 'session', data: '{"name":"größe: 1"}' },
        { id: 'a-2', event: 'message', data: 'x' },
      ]);
    });
  }

  it('gives up on an event without end', async () => {
    let error: unknown;
    try {
      await eventsOf(`data: ${'x'.repeat(2 ** 24)}`, 2 ** 20);
    } catch (caught) {
      error = caught;
    }
    expect(error).to.be.an('error').with.property('message', 'an event is too long');
  });
});
