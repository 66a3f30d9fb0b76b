import { promisify } from 'node:util';
import { gunzip, gunzipSync, gzip, gzipSync } from 'node:zlib';
import { messageOf, TribesError } from '../../base/index.js';
import type { Member } from '../../membership/index.js';
import { withMessage, type ChannelData } from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import type { SendOutcome } from '../channel.js';
import { oneOf, optionFlag, trueOrFalse, wholeNumber, type AttributeValues } from './attributes.js';
import { defineInterceptor } from './interceptor-definition.js';

const attributes = {
  /** The bits that mark a compressed message. With 0 Tomcat compresses everything and inflates nothing: not allowed. */
  optionFlag: optionFlag(0x0100, 1),
  /** Messages with at most that many bytes are sent as they are. */
  compressionMinSize: wholeNumber(0, 2 ** 31 - 1, 0),
  /** Whether lines in the log tell what compression saves. */
  statsEnabled: trueOrFalse(false),
  /** Messages sent, and messages received, between two such lines; 0: none. */
  interval: wholeNumber(0, 2 ** 31 - 1, 0),
  /** Ours: `always` for 7.0 and 8.5, which compress every message, and mark none. */
  wireForm: oneOf(['flagged', 'always'], 'flagged'),
} as const;

/** Bytes up to which the event loop does it itself: what takes longer is done by a thread. */
const SYNCHRONOUS_BYTES = 65_536;

const inThread = { gzip: promisify(gzip), gunzip: promisify(gunzip) };

/** Compresses messages (RFC 1952). */
export class GzipInterceptor extends ChannelInterceptorBase {
  readonly name = 'GzipInterceptor';
  readonly #context: InterceptorContext;
  readonly #settings: AttributeValues<typeof attributes>;
  readonly #counts = {
    compressed: 0,
    uncompressed: 0,
    inflated: 0,
    plainBytesSent: 0,
    bytesSent: 0,
    bytesReceived: 0,
    plainBytesReceived: 0,
    refused: 0,
  };
  /** Ends when everything that is being compressed is on its way, so that later messages do not overtake it. */
  #compressing: Promise<unknown> | undefined;

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.wireForm === 'always' ? 0 : settings.optionFlag);
    this.#context = context;
    this.#settings = settings;
  }

  override sendMessage(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    const plain = message.message;
    if (this.#compressing === undefined && plain.length <= SYNCHRONOUS_BYTES) {
      return this.lower.sendMessage(destinations, this.#compressedMessage(message, this.#squeeze(plain)));
    }
    const compressed = this.#isCompressed(plain) ? inThread.gzip(plain) : plain;
    const before = this.#compressing?.catch(() => undefined);
    const inTurn = Promise.all([compressed, before]).then(([bytes]) => ({
      sent: this.lower.sendMessage(destinations, this.#compressedMessage(message, bytes)),
    }));
    this.#compressing = inTurn;
    const clear = (): void => {
      if (this.#compressing === inTurn) {
        this.#compressing = undefined;
      }
    };
    inTurn.then(clear, clear);
    return inTurn.then(({ sent }) => sent);
  }

  #squeeze(plain: Buffer): Buffer {
    return this.#isCompressed(plain) ? gzipSync(plain) : plain;
  }

  #isCompressed(plain: Buffer): boolean {
    return this.#settings.wireForm === 'always' || plain.length > this.#settings.compressionMinSize;
  }

  #compressedMessage(message: ChannelData, bytes: Buffer): ChannelData {
    const isCompressed = bytes !== message.message;
    this.#counts[isCompressed ? 'compressed' : 'uncompressed']++;
    this.#counts.plainBytesSent += message.message.length;
    this.#counts.bytesSent += bytes.length;
    this.#report(this.#counts.compressed + this.#counts.uncompressed);
    return isCompressed
      ? withMessage(message, bytes, { options: message.options | this.optionFlag })
      : message;
  }

  override messageReceived(message: ChannelData): void | Promise<void> {
    if (this.#settings.wireForm === 'flagged' && (message.options & this.optionFlag) === 0) {
      return this.upper.messageReceived(message);
    }
    const { maxMessageBytes } = this.#context.limits;
    const plain = inflateQuickly(message.message, Math.min(maxMessageBytes, SYNCHRONOUS_BYTES));
    return plain === undefined
      ? inThread.gunzip(message.message, { maxOutputLength: maxMessageBytes }).then(
          (inflated) => this.#inflated(message, inflated),
          (error: unknown) => this.#refuse(error),
        )
      : this.#inflated(message, plain);
  }

  #inflated(message: ChannelData, plain: Buffer): void | Promise<void> {
    this.#counts.inflated++;
    this.#counts.bytesReceived += message.message.length;
    this.#counts.plainBytesReceived += plain.length;
    this.#report(this.#counts.inflated);
    return this.upper.messageReceived(withMessage(message, plain));
  }

  #refuse(error: unknown): never {
    this.#counts.refused++;
    const interceptor = this.name;
    if (error instanceof RangeError) {
      const { maxMessageBytes } = this.#context.limits;
      throw new TribesError('TRIBES_E_CHANNEL_MESSAGE_SIZE', { interceptor, maxMessageBytes });
    }
    throw new TribesError('TRIBES_E_CHANNEL_UNWRAP', { interceptor, problem: messageOf(error) });
  }

  #report(messages: number): void {
    const { statsEnabled, interval } = this.#settings;
    if (statsEnabled && interval > 0 && messages % interval === 0) {
      this.#context.logger.info({ ...this.#counts }, 'what compression saves');
    }
  }

  override statistics(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }
}

/** Undefined for what takes longer, or fails. */
function inflateQuickly(bytes: Buffer, maxOutputLength: number): Buffer | undefined {
  if (bytes.length > SYNCHRONOUS_BYTES) {
    return undefined;
  }
  try {
    return gunzipSync(bytes, { maxOutputLength });
  } catch {
    return undefined;
  }
}

export const gzipInterceptor = defineInterceptor({
  attributes,
  statistics: {
    counters: {
      compressed: 'Messages sent compressed',
      uncompressed: 'Messages sent as they were',
      inflated: 'Messages received compressed',
      plainBytesSent: 'Bytes of the messages sent, before compression',
      bytesSent: 'Bytes of the messages sent',
      bytesReceived: 'Bytes of the compressed messages received',
      plainBytesReceived: 'Bytes of those messages, inflated',
      refused: 'Messages refused: no gzip stream, or too long',
    },
    gauges: {},
  },
  create: (context, settings) => new GzipInterceptor(context, settings),
});
