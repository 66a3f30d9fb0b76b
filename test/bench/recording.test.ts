import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect } from 'chai';
import { Recorder } from '../../bench/kit/recorder.js';
import { Replayer } from '../../bench/kit/replayer.js';
import { uniqueId } from '../../src/base/index.js';
import { ACK_FRAME, encodeChannelData, encodeFrame, FAIL_ACK_FRAME } from '../../src/wire/index.js';

describe('A recording', () => {
  let recorder: Recorder;
  let sender: Socket;

  beforeEach(async () => {
    recorder = await Recorder.open();
    sender = connect(recorder.port, '127.0.0.1');
    await once(sender, 'connect');
  });

  afterEach(() => {
    sender.destroy();
    recorder.close();
  });

  it('holds what was sent, byte for byte, and how much of it is acknowledged', async () => {
    const frames = [frame(8, 'a'), frame(8, 'b'), frame(6, 'c')];
    expect(await sent(frames)).to.deep.equal([ACK_FRAME]);
    expect(recorder.take()).to.deep.equal([{ bytes: Buffer.concat(frames), frames: 3, acknowledged: 1 }]);
  });

  it('goes on where it was taken', async () => {
    await sent([frame(6, 'a')]);
    recorder.take();
    const next = [frame(6, 'b')];
    await sent(next);
    expect(recorder.take()).to.deep.equal([{ bytes: Buffer.concat(next), frames: 1, acknowledged: 1 }]);
  });

  it('is replayed as it is, until everything is acknowledged', async () => {
    const stream = { bytes: Buffer.concat([frame(8, 'a'), frame(6, 'b')]), frames: 2, acknowledged: 1 };
    const { received, error } = await replayed(stream, ACK_FRAME);
    expect(error).to.equal(undefined);
    expect(received).to.deep.equal(stream.bytes);
  });

  it('is not replayed where processing fails, or the receiver goes', async () => {
    const stream = { bytes: frame(6, 'a'), frames: 1, acknowledged: 1 };
    expect((await replayed(stream, FAIL_ACK_FRAME)).error).to.be.instanceOf(Error);
    expect((await replayed(stream, undefined)).error).to.be.instanceOf(Error);
  });

  /** Answers what came back. */
  async function sent(frames: readonly Buffer[]): Promise<readonly Buffer[]> {
    const answer = once(sender, 'data');
    sender.write(Buffer.concat(frames));
    return (await answer) as Buffer[];
  }
});

/** @param answer to everything; undefined: the receiver closes the connection */
async function replayed(
  stream: { bytes: Buffer; frames: number; acknowledged: number },
  answer: Buffer | undefined,
): Promise<{ received: Buffer; error?: unknown }> {
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (answer === undefined) {
        socket.destroy();
      } else if (chunks.reduce((bytes, { length }) => bytes + length, 0) === stream.bytes.length) {
        socket.write(answer);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const replayer = await Replayer.open((server.address() as AddressInfo).port, 1);
  try {
    await replayer.replay([stream]);
    return { received: Buffer.concat(chunks) };
  } catch (error) {
    return { received: Buffer.concat(chunks), error };
  } finally {
    replayer.close();
    server.close();
  }
}

function frame(options: number, message: string): Buffer {
  const member = {
    aliveTime: 1n,
    port: 4000,
    securePort: -1,
    udpPort: -1,
    host: Buffer.from([127, 0, 0, 1]),
    command: Buffer.alloc(0),
    domain: Buffer.alloc(0),
    uniqueId: uniqueId(Buffer.alloc(16, 1)),
    payload: Buffer.alloc(0),
  };
  return encodeFrame(
    encodeChannelData({
      options,
      timestamp: 1n,
      uniqueId: uniqueId(Buffer.alloc(16, 7)),
      member,
      message: Buffer.from(message),
    }),
  );
}
