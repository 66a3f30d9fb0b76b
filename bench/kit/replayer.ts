import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { bounded } from '../../interop/kit/index.js';
import { ACK_FRAME } from '../../src/wire/index.js';
import type { RecordedStream } from './recorder.js';

const PATIENCE_MS = 300_000;

/** Sends recorded bytes to a receiver, over a connection for each stream, as fast as it takes them. */
export class Replayer {
  readonly #sockets: readonly Socket[];

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
  }

  static async open(port: number, streams: number): Promise<Replayer> {
    const sockets = Array.from({ length: streams }, () => connect(port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    return new Replayer(sockets);
  }

  /** Resolves with the seconds until every acknowledgement has come. @throws Error where processing has failed */
  async replay(streams: readonly RecordedStream[]): Promise<number> {
    const begin = performance.now();
    await bounded(
      'a recording is acknowledged',
      PATIENCE_MS,
      Promise.all(this.#sockets.map((socket, index) => send(socket, streams[index]))),
    );
    return (performance.now() - begin) / 1e3;
  }

  close(): void {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }
}

async function send(socket: Socket, stream: RecordedStream | undefined): Promise<void> {
  if (stream === undefined || stream.acknowledged === 0) {
    throw new Error('nothing was recorded that is acknowledged');
  }
  const answers: Buffer[] = [];
  let missing = stream.acknowledged * ACK_FRAME.length;
  await new Promise<void>((resolve, reject) => {
    const end = (): void => {
      socket.off('data', read);
      socket.off('close', closed);
    };
    const closed = (): void => {
      end();
      reject(new Error('the receiver has closed the connection'));
    };
    const read = (chunk: Buffer): void => {
      answers.push(chunk);
      missing -= chunk.length;
      if (missing <= 0) {
        end();
        resolve();
      }
    };
    socket.on('data', read);
    socket.on('close', closed);
    socket.write(stream.bytes);
  });
  if (!Buffer.concat(answers).equals(Buffer.alloc(stream.acknowledged * ACK_FRAME.length, ACK_FRAME))) {
    throw new Error('the receiver says that it could not process what was replayed');
  }
}
