import type { Socket } from 'node:net';
import { isTribesError, messageOf, TribesError, type Timer } from '../base/index.js';
import { ChannelDataReader, FAIL_ACK_FRAME, FRAME_OVERHEAD, type ChannelData } from '../wire/index.js';
import { Acknowledgements, type Reply } from './acknowledgements.js';
import { FrameAssembler, type OnData } from './frame-assembler.js';
import { MessageQueue } from './message-queue.js';
import type { BudgetHolder } from './receive-budget.js';
import type { ReceiverContext } from './receiver-context.js';

interface QueuedMessage {
  readonly message: ChannelData;
  readonly bytes: number;
  readonly reply: Reply | undefined;
}

/** Unprocessed messages in bytes beyond which a connection is not read on, until half of them are processed. */
const QUEUE_HIGH_WATER = 2 ** 20;

/** A frame may come slowly, but not forever: within so many half-frame time-outs it ends, or brings that many bytes. */
const CRAWL_TIMEOUTS = 10;
const CRAWL_BYTES = 65_536;

/** Milliseconds for which a peer that is being left may take to read its last replies. */
const CLOSING_MS = 1000;

/**
 * One accepted connection. Its messages are processed strictly one after the other, in the order of their arrival;
 * `NioReceiver` may overtake, so no sender relies on that. What has been received is processed even if the connection
 * ends meanwhile: it may have been acknowledged.
 */
export class ReceiverConnection implements BudgetHolder {
  readonly #socket: Socket;
  readonly #context: ReceiverContext;
  readonly #remote: string;
  readonly #assembler: FrameAssembler;
  readonly #replies: Acknowledgements;
  readonly #reader = new ChannelDataReader();
  readonly #queue: MessageQueue<QueuedMessage>;
  readonly #finished: Promise<void>;
  /** Bytes of unprocessed messages, as the budget knows of them. */
  #budgetedBytes = 0;
  /** No more messages are taken: the peer has ended, or was refused, or the receiver stops. */
  #isEnding = false;
  #isGarbage = false;
  #isPaused = false;
  #lastArrival: number;
  #halfFrameTimer: Timer | undefined;
  /** How far the frame had come that is watched, and when. */
  #progress = { frameOffset: -1, bytes: 0, at: 0 };
  /** Until the first bytes come. */
  readonly #idleTimer: Timer;
  #closingTimer: Timer | undefined;
  #resolveIdle: () => void = () => undefined;

  constructor(socket: Socket, context: ReceiverContext) {
    this.#socket = socket;
    this.#context = context;
    this.#remote = socket.remoteAddress ?? 'unknown';
    this.#assembler = new FrameAssembler(context.limits.maxFrameBytes);
    this.#replies = new Acknowledgements((frames) => this.#write(frames));
    const { clock, limits } = context;
    this.#queue = new MessageQueue({
      clock,
      process: (queued) => this.#process(queued),
      onPause: () => this.#paused(),
    });
    this.#lastArrival = clock.monotonic();
    this.#idleTimer = clock.after(limits.idleTimeoutMs, () =>
      this.#refuse(new TribesError('TRIBES_E_CONNECTION_IDLE', { timeout: limits.idleTimeoutMs })),
    );
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const idle = new Promise<void>((resolve) => (this.#resolveIdle = resolve));
    this.#finished = Promise.all([closed, idle]).then(() => undefined);
    socket.on('data', (chunk: Buffer) => this.#arrived(chunk));
    socket.on('drain', () => this.#updateReading());
    socket.once('end', () => this.#end());
    // A connection that breaks is closed by Node; whatever is left to do is done on 'close'.
    socket.on('error', () => undefined);
    socket.once('close', () => this.#closed());
  }

  /** Resolves when the connection is closed and all its messages are processed. */
  get finished(): Promise<void> {
    return this.#finished;
  }

  get isMidFrame(): boolean {
    return this.#assembler.isMidFrame;
  }

  /** Takes no more messages; those that are here are processed, and their replies sent. */
  stop(): Promise<void> {
    this.#end();
    return this.#finished;
  }

  resumeReading(): void {
    this.#updateReading();
  }

  giveUp(): void {
    const { maxBufferedBytes, halfFrameTimeoutMs } = this.#context.limits;
    const params = { timeout: halfFrameTimeoutMs, limit: maxBufferedBytes };
    this.#refuse(new TribesError('TRIBES_E_FRAME_OVERLOAD', params));
  }

  #arrived(chunk: Buffer): void {
    if (this.#isEnding) {
      return;
    }
    const { budget, clock, counters } = this.#context;
    this.#idleTimer.cancel();
    this.#lastArrival = clock.monotonic();
    counters.bytes += chunk.length;
    const before = this.#assembler.bufferedBytes;
    try {
      this.#assembler.cut(chunk, this.#enqueue);
    } catch (error) {
      counters.garbage++;
      this.#isGarbage = true;
      this.#refuse(error);
    }
    this.#tellBudget();
    budget.unfinished(this.#assembler.bufferedBytes - before);
    this.#watchHalfFrame(this.#context.limits.halfFrameTimeoutMs);
    // Who need not wait for its message to be processed does not.
    this.#replies.flush();
    this.#queue.process();
    this.#updateReading();
  }

  readonly #enqueue: OnData = (bytes, start, end) => {
    const message = this.#reader.read(bytes, start, end);
    const reply = this.#replies.received(message.options);
    this.#context.counters.frames++;
    this.#queue.push({ message, bytes: end - start + FRAME_OVERHEAD, reply });
  };

  /** Neither throws nor rejects. */
  #process({ message, reply }: QueuedMessage): void | Promise<void> {
    try {
      const processing = this.#context.handler(message);
      if (processing instanceof Promise) {
        return processing.then(
          () => this.#replies.processed(reply, true),
          (error: unknown) => this.#failed(reply, error),
        );
      }
      this.#replies.processed(reply, true);
    } catch (error) {
      this.#failed(reply, error);
    }
  }

  #failed(reply: Reply | undefined, error: unknown): void {
    this.#replies.processed(reply, false);
    const messages = this.#context.complaints.admit(`handler ${this.#remote}`);
    if (messages > 0) {
      const fields = { remote: this.#remote, messages, error: messageOf(error) };
      this.#context.logger.error(fields, 'a message could not be processed');
    }
  }

  #paused(): void {
    this.#replies.flush();
    this.#tellBudget();
    this.#updateReading();
    this.#finishIfDone();
  }

  #tellBudget(): void {
    const more = this.#queue.bytes - this.#budgetedBytes;
    this.#budgetedBytes += more;
    if (more > 0) {
      this.#context.budget.queued(more);
    } else if (more < 0) {
      this.#context.budget.processed(-more);
    }
  }

  #write(frames: readonly Buffer[]): void {
    if (!this.#socket.writable) {
      return;
    }
    const { counters } = this.#context;
    for (const frame of frames) {
      if (frame === FAIL_ACK_FRAME) {
        counters.failAcks++;
      } else {
        counters.acks++;
      }
    }
    this.#socket.write(Buffer.concat(frames));
  }

  #updateReading(): void {
    const queueLimit = this.#isPaused ? QUEUE_HIGH_WATER / 2 : QUEUE_HIGH_WATER;
    const mayRead =
      !this.#isEnding &&
      this.#queue.bytes <= queueLimit &&
      !this.#socket.writableNeedDrain &&
      this.#context.budget.mayRead(this);
    if (mayRead === this.#isPaused) {
      this.#isPaused = !mayRead;
      if (mayRead) {
        this.#lastArrival = this.#context.clock.monotonic();
        this.#socket.resume();
      } else {
        this.#socket.pause();
      }
    }
  }

  /** One timer for all half frames of the connection; the time for which we do not read does not count. */
  #watchHalfFrame(delayMs: number): void {
    if (this.#halfFrameTimer !== undefined || !this.isMidFrame || this.#isEnding) {
      return;
    }
    const { clock, limits } = this.#context;
    this.#halfFrameTimer = clock.after(delayMs, () => {
      this.#halfFrameTimer = undefined;
      const { halfFrameTimeoutMs } = limits;
      const left = halfFrameTimeoutMs - (clock.monotonic() - this.#lastArrival);
      const crawled = this.#withoutProgressMs();
      if (this.isMidFrame && !this.#isPaused && left <= 0) {
        this.#refuse(new TribesError('TRIBES_E_FRAME_STALLED', { timeout: halfFrameTimeoutMs }));
      } else if (crawled >= CRAWL_TIMEOUTS * halfFrameTimeoutMs) {
        this.#refuse(new TribesError('TRIBES_E_FRAME_STALLED', { timeout: crawled }));
      } else {
        this.#watchHalfFrame(left > 0 ? left : limits.halfFrameTimeoutMs);
      }
    });
  }

  /** For how long the frame has not come along as it should, as far as anybody has looked; not while it is not read. */
  #withoutProgressMs(): number {
    const { frameOffset, bufferedBytes: bytes } = this.#assembler;
    const now = this.#context.clock.monotonic();
    const isSame = frameOffset === this.#progress.frameOffset && bytes - this.#progress.bytes < CRAWL_BYTES;
    if (!isSame || this.#isPaused) {
      this.#progress = { frameOffset, bytes, at: now };
    }
    return now - this.#progress.at;
  }

  /** Each kind of fault is told for itself: what a port scan brings must not hide a frame that is too large. */
  #refuse(error: unknown): void {
    const { complaints, counters, logger } = this.#context;
    const { code, remedy } = isTribesError(error) ? error : { code: 'unexpected', remedy: undefined };
    counters.refusals.set(code, (counters.refusals.get(code) ?? 0) + 1);
    const connections = complaints.admit(`refused ${this.#remote} ${code}`);
    if (connections > 0) {
      const fields = { remote: this.#remote, connections, code, error: messageOf(error), remedy };
      logger.warn(fields, 'a connection is closed because of what came on it');
    }
    this.#end();
  }

  #end(): void {
    if (!this.#isEnding) {
      this.#isEnding = true;
      this.#updateReading();
      this.#context.budget.leave(this);
    }
    this.#finishIfDone();
  }

  #closed(): void {
    const { budget, counters } = this.#context;
    if (this.isMidFrame && !this.#isGarbage) {
      counters.brokenFrames++;
    }
    counters.connections--;
    budget.unfinished(-this.#assembler.bufferedBytes);
    this.#idleTimer.cancel();
    this.#halfFrameTimer?.cancel();
    this.#closingTimer?.cancel();
    this.#end();
  }

  #finishIfDone(): void {
    if (!this.#isEnding || !this.#queue.isDone) {
      return;
    }
    this.#resolveIdle();
    if (!this.#socket.destroyed && this.#closingTimer === undefined) {
      this.#closingTimer = this.#context.clock.after(CLOSING_MS, () => void this.#socket.destroy());
      this.#socket.destroySoon();
    }
  }
}
