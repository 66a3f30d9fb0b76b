import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FrameAssembler } from '../../src/transport/index.js';
import { ACK_FRAME, SEND_OPTIONS } from '../../src/wire/index.js';

/** A state is never sent here, only messages. */
const MAX_FRAME_BYTES = 2 ** 24;

/** What one connection has brought since it was last asked for: its bytes, unchanged, and what it wants to hear of them. */
export interface RecordedStream {
  readonly bytes: Buffer;
  readonly frames: number;
  /** Frames that ask for an acknowledgement. */
  readonly acknowledged: number;
}

/** Takes what a real sender sends, and acknowledges it at once as a receiver would: nothing is processed. */
export class Recorder {
  readonly #server: Server;
  readonly #streams: RecordingStream[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#streams.push(new RecordingStream(socket)));
  }

  static async open(): Promise<Recorder> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Recorder(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Of each connection, in the order in which they came: successive pieces make up all that it has sent. */
  take(): RecordedStream[] {
    return this.#streams.map((stream) => stream.take());
  }

  close(): void {
    this.#server.close();
    for (const stream of this.#streams) {
      stream.end();
    }
  }
}

class RecordingStream {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #frames = 0;
  #acknowledged = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    const assembler = new FrameAssembler(MAX_FRAME_BYTES);
    socket.on('error', () => undefined); // the sender has gone, and says so itself
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      assembler.push(chunk, (data) => this.#frame(data));
    });
  }

  take(): RecordedStream {
    const taken = {
      bytes: Buffer.concat(this.#chunks),
      frames: this.#frames,
      acknowledged: this.#acknowledged,
    };
    this.#chunks = [];
    this.#frames = 0;
    this.#acknowledged = 0;
    return taken;
  }

  end(): void {
    this.#socket.destroy();
  }

  #frame(data: Buffer): void {
    this.#frames++;
    // The options are the first field of a ChannelData.
    if ((data.readInt32BE(0) & SEND_OPTIONS.USE_ACK) !== 0) {
      this.#acknowledged++;
      this.#socket.write(ACK_FRAME);
    }
  }
}
