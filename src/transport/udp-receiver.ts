import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { isTribesError, messageOf, TribesError } from '../base/index.js';
import {
  ACK_FRAME,
  ACK_OPTIONS,
  ChannelDataReader,
  decodeFrames,
  FAIL_ACK_FRAME,
  SEND_OPTIONS,
  type ChannelData,
} from '../wire/index.js';
import { MessageQueue } from './message-queue.js';
import type { ReceiverContext } from './receiver-context.js';
import { setBufferSizes, udpSocket, type UdpBufferSizes } from './udp-socket.js';

interface QueuedMessage {
  readonly message: ChannelData;
  readonly bytes: number;
  readonly source: RemoteInfo;
}

/** What a message occupies beside its bytes, as the budget sees it: small ones could otherwise be without number. */
const MESSAGE_BYTES = 1024;

/**
 * Takes messages by UDP, on behalf of a receiver (`NioReceiver` with `udpPort`). A datagram holds whole frames; one that
 * does not is dropped, and counted, as a whole. (Tomcat's receiver then closes its UDP port for good.) UDP knows no
 * back-pressure: while more is held than the receiver may hold, datagrams are dropped, and counted.
 *
 * Messages of one address are processed one after the other, in the order in which they came. Replies go to where the
 * datagram came from, one for each message.
 */
export class UdpReceiver {
  readonly #context: ReceiverContext;
  readonly #socket: Socket;
  readonly #reader = new ChannelDataReader();
  /** By address; a queue is there for as long as something is in it. */
  readonly #queues = new Map<string, MessageQueue<QueuedMessage>>();
  readonly #replies = new Set<Promise<void>>();
  #isStopping = false;
  #whenIdle: () => void = () => undefined;

  /** Binds the first free port of `first` to `last`. Error: TRIBES_E_RECEIVER_UDP_BIND. */
  static async bind(
    { host, first, last }: { readonly host: string; readonly first: number; readonly last: number },
    sizes: UdpBufferSizes,
    context: ReceiverContext,
  ): Promise<UdpReceiver> {
    let failure: unknown;
    for (let port = first; port <= last; port++) {
      const socket = udpSocket(host);
      try {
        await bound(socket, host, port);
        setBufferSizes(socket, sizes);
        return new UdpReceiver(socket, context);
      } catch (error) {
        socket.close();
        failure = error;
      }
    }
    const params = { host, first, last, reason: messageOf(failure) };
    throw new TribesError('TRIBES_E_RECEIVER_UDP_BIND', params, { cause: failure });
  }

  private constructor(socket: Socket, context: ReceiverContext) {
    this.#socket = socket;
    this.#context = context;
    socket.on('message', (datagram, source) => this.#arrived(datagram, source));
    socket.on('error', (error) => this.#complain('UDP', 'receiving by UDP failed', { error: error.message }));
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Takes no more datagrams; what is here is processed, and its replies are sent. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#queues.size > 0) {
      await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    }
    // A dgram socket that is closed forgets what it has not sent yet.
    await Promise.all(this.#replies);
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #arrived(datagram: Buffer, source: RemoteInfo): void {
    if (this.#isStopping) {
      return;
    }
    const { budget, counters } = this.#context;
    counters.datagrams++;
    counters.bytes += datagram.length;
    if (!budget.hasRoom) {
      counters.droppedDatagrams++;
      this.#complain('dropped', 'a datagram is dropped: receiver.maxBufferedBytes is exceeded', {
        remote: source.address,
      });
      return;
    }
    const messages = this.#messagesOf(datagram, source);
    if (messages.length > 0) {
      this.#take(messages, source);
    }
  }

  /** None where anything about the datagram is wrong. */
  #messagesOf(datagram: Buffer, source: RemoteInfo): ChannelData[] {
    try {
      const messages = decodeFrames(datagram).map((data) => this.#reader.read(data));
      if (messages.length > 0) {
        return messages;
      }
      this.#malformed(source, { bytes: 0 });
    } catch (error) {
      const { code, remedy } = isTribesError(error) ? error : { code: 'unexpected', remedy: undefined };
      this.#malformed(source, { bytes: datagram.length, code, error: messageOf(error), remedy });
    }
    return [];
  }

  #malformed({ address: remote }: RemoteInfo, fields: Readonly<Record<string, unknown>>): void {
    this.#context.counters.malformedDatagrams++;
    const text = 'a datagram is dropped: it holds no messages';
    this.#complain(`malformed ${String(fields['code'])}`, text, { remote, ...fields });
  }

  #take(messages: readonly ChannelData[], source: RemoteInfo): void {
    const { budget, counters } = this.#context;
    const queue = this.#queueOf(source.address);
    for (const message of messages) {
      counters.frames++;
      if ((message.options & ACK_OPTIONS) === SEND_OPTIONS.USE_ACK) {
        this.#reply(ACK_FRAME, source);
      }
      const bytes = message.message.length + MESSAGE_BYTES;
      budget.queued(bytes);
      queue.push({ message, bytes, source });
    }
    queue.process();
  }

  #queueOf(address: string): MessageQueue<QueuedMessage> {
    const known = this.#queues.get(address);
    if (known !== undefined) {
      return known;
    }
    const queue = new MessageQueue<QueuedMessage>({
      clock: this.#context.clock,
      process: (queued) => this.#process(queued),
      onPause: () => this.#paused(address, queue),
    });
    this.#queues.set(address, queue);
    return queue;
  }

  /** Neither throws nor rejects. */
  #process(queued: QueuedMessage): void | Promise<void> {
    try {
      const processing = this.#context.handler(queued.message);
      if (processing instanceof Promise) {
        return processing.then(
          () => this.#processed(queued, ACK_FRAME),
          (error: unknown) => this.#failed(queued, error),
        );
      }
      this.#processed(queued, ACK_FRAME);
    } catch (error) {
      this.#failed(queued, error);
    }
  }

  #failed(queued: QueuedMessage, error: unknown): void {
    this.#processed(queued, FAIL_ACK_FRAME);
    const remote = queued.source.address;
    const messages = this.#context.complaints.admit(`handler ${remote}`);
    if (messages > 0) {
      const fields = { remote, messages, error: messageOf(error) };
      this.#context.logger.error(fields, 'a message could not be processed');
    }
  }

  #processed({ message, bytes, source }: QueuedMessage, reply: Buffer): void {
    if ((message.options & ACK_OPTIONS) === ACK_OPTIONS) {
      this.#reply(reply, source);
    }
    this.#context.budget.processed(bytes);
  }

  #paused(address: string, queue: MessageQueue<QueuedMessage>): void {
    if (queue.isDone) {
      this.#queues.delete(address);
      if (this.#queues.size === 0) {
        this.#whenIdle();
      }
    }
  }

  #reply(frame: Buffer, { address, port }: RemoteInfo): void {
    if (port === 0) {
      return; // it can be sent from, but not to
    }
    const { counters } = this.#context;
    if (frame === FAIL_ACK_FRAME) {
      counters.failAcks++;
    } else {
      counters.acks++;
    }
    const sent = new Promise<void>((resolve) => {
      this.#socket.send(frame, port, address, (error) => {
        if (error !== null) {
          const fields = { remote: address, error: error.message };
          this.#complain('reply', 'an acknowledgement could not be sent by UDP', fields);
        }
        resolve();
      });
    });
    this.#replies.add(sent);
    void sent.then(() => this.#replies.delete(sent));
  }

  /** Addresses are not told apart: whoever sends datagrams can claim any. */
  #complain(kind: string, text: string, fields: object): void {
    const times = this.#context.complaints.admit(`datagram ${kind}`);
    if (times > 0) {
      this.#context.logger.warn({ times, ...fields }, text);
    }
  }
}

async function bound(socket: Socket, address: string, port: number): Promise<void> {
  const listening = once(socket, 'listening');
  socket.bind({ address, port, exclusive: true });
  await listening;
}
