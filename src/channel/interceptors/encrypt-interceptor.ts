import { createSecretKey, type KeyObject } from 'node:crypto';
import { LogThrottle, TribesError } from '../../base/index.js';
import { makeMember, type Member } from '../../membership/index.js';
import { probeOf, SEND_OPTIONS, type ChannelData, withMessage } from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import type { SendOutcome } from '../channel.js';
import { oneOf, optionFlag, wholeNumber, type Attribute, type AttributeValues } from './attributes.js';
import { ENCRYPTION_ALGORITHMS, encryptionEnvelope, type EncryptionEnvelope } from './encryption-envelope.js';
import { defineInterceptor } from './interceptor-definition.js';
import { PlainForms, STAMP_LENGTH, type PlainForm } from './plain-forms.js';
import { ReplayWindow, SeenNonces } from './replay-window.js';

const encryptionKey: Attribute<KeyObject | null> = {
  read: (text) =>
    /^(?:[0-9a-f]{32}|[0-9a-f]{48}|[0-9a-f]{64})$/i.test(text)
      ? createSecretKey(Buffer.from(text, 'hex'))
      : undefined,
  expected: 'the key that all members have: 32, 48 or 64 hexadecimal digits',
  defaultValue: null,
  isSecret: true,
};

const attributes = {
  /** Means nothing but to the check of the flags: every message is encrypted. */
  optionFlag: optionFlag(),
  encryptionKey,
  /** The default is that of 9.0.121, 10.1.58, 11.0.25 and later; before, it was AES/CBC/PKCS5Padding. */
  encryptionAlgorithm: oneOf(ENCRYPTION_ALGORITHMS, 'AES/GCM/NoPadding'),
  /** Milliseconds by which the clocks of members may differ. */
  replayWindowTime: wholeNumber(1, 2 ** 31 - 1, 10_000),
  /** Messages remembered; more within the window are refused when they come late. */
  replayWindowMessageCount: wholeNumber(1, 2 ** 24, 8192),
  /** Ours: whether messages have time stamps (9.0.119, 10.1.56, 11.0.23 and later), or not; `auto`: what each member does. */
  wireForm: oneOf(['timestamp', 'plain', 'auto'], 'timestamp'),
} as const;

/** Messages without time stamps that are remembered; none of them may come again. */
const SEEN_NONCES = 2 ** 17;

/** Names of members remembered, of each kind. */
const MAX_NAMES = 4096;

const PROBLEM =
  'none of the messages of this member could be decrypted so far: it has another encryptionKey or encryptionAlgorithm, or another release ' +
  '(wireForm), or its clock differs by more than replayWindowTime';

/** Encrypts messages. What cannot be decrypted, or has been seen before, is dropped as if it had been taken. */
export class EncryptInterceptor extends ChannelInterceptorBase {
  readonly name = 'EncryptInterceptor';
  readonly #context: InterceptorContext;
  readonly #wireForm: PlainForm | 'auto';
  readonly #envelope: EncryptionEnvelope;
  readonly #window: ReplayWindow;
  readonly #seen = new SeenNonces(SEEN_NONCES);
  readonly #forms = new PlainForms();
  readonly #complaints: LogThrottle;
  /** Names of members of whose messages one could be decrypted, and of those of whom none could. */
  readonly #understood = new Set<string>();
  readonly #strange = new Set<string>();
  readonly #counts = { encrypted: 0, decrypted: 0, dropped: 0 };

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.optionFlag);
    if (settings.encryptionKey === null) {
      throw new TribesError('TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE', {
        interceptor: this.name,
        attribute: 'encryptionKey',
        value: '',
        expected: encryptionKey.expected,
      });
    }
    this.#context = context;
    this.#wireForm = settings.wireForm;
    this.#envelope = encryptionEnvelope(settings.encryptionAlgorithm, settings.encryptionKey);
    const window = { time: settings.replayWindowTime, messageCount: settings.replayWindowMessageCount };
    this.#window = new ReplayWindow(window, context.clock.now());
    this.#complaints = new LogThrottle(context.clock, { logger: context.logger });
  }

  override async start(level: number): Promise<void> {
    if (!this.#envelope.isAuthenticated) {
      this.#context.logger.warn(
        {},
        'the encryptionAlgorithm does not notice changed messages; AES/GCM/NoPadding does',
      );
    }
    if (this.#wireForm !== 'timestamp') {
      this.#context.logger.warn(
        { wireForm: this.#wireForm },
        'messages without time stamps are taken: whoever has recorded one can send it again once this node has forgotten it',
      );
    }
    await this.lower.start(level);
  }

  /** Members of an unknown form get both: they drop one of them. */
  override async sendMessage(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    const sends = (['timestamp', 'plain'] as const)
      .map((form) => ({ form, to: destinations.filter((member) => this.#speaks(member, form, message)) }))
      .filter(({ to }) => to.length > 0)
      .map(({ form, to }) => this.lower.sendMessage(to, this.#sealed(message, form)));
    const faulty = (await Promise.all(sends)).flatMap((outcome) => outcome.faulty);
    const causes = new Map(faulty.map(({ member, cause }) => [member.key, { member, cause }]));
    return {
      delivered: destinations.filter(({ key }) => !causes.has(key)),
      faulty: [...causes.values()],
    };
  }

  #speaks(member: Member, form: PlainForm, message: ChannelData): boolean {
    const known = this.#wireForm === 'auto' ? this.#forms.formOf(member.name) : this.#wireForm;
    // Raw bytes would be taken with a time stamp in front by those who do not know of any.
    const isObject = (message.options & SEND_OPTIONS.BYTE_MESSAGE) === 0;
    return known === undefined ? form === 'timestamp' || isObject : known === form;
  }

  #sealed(message: ChannelData, form: PlainForm): ChannelData {
    this.#counts.encrypted++;
    if (form === 'plain') {
      const sealed = this.#envelope.seal(message.message);
      this.#seen.add(this.#nonceOf(sealed));
      return withMessage(message, sealed);
    }
    const stamp = Buffer.alloc(STAMP_LENGTH);
    stamp.writeBigInt64BE(BigInt(this.#context.clock.now()));
    return withMessage(message, this.#envelope.seal(Buffer.concat([stamp, message.message])));
  }

  #nonceOf(sealed: Buffer): string {
    return sealed.subarray(0, this.#envelope.ivLength).toString('latin1');
  }

  override messageReceived(message: ChannelData): void | Promise<void> {
    // A failure detector's, which it writes past all interceptors, in clear text.
    if (probeOf(message.message) === 'TCP_FAIL_DETECT') {
      return;
    }
    const sender = makeMember(message.member);
    const { isIntact, plain } = this.#envelope.open(message.message);
    const nonce = this.#nonceOf(message.message);
    const stamp = plain.length < STAMP_LENGTH ? 0 : Number(plain.readBigInt64BE());
    // All questions are always asked: the time that it takes tells nobody what was wrong.
    const isNew = this.#window.isNew(nonce, stamp, this.#context.clock.now());
    const isUnseen = !this.#seen.has(nonce);
    const recognised =
      this.#wireForm === 'auto'
        ? this.#forms.recognise(sender.name, plain, isNew)
        : { form: this.#wireForm, isCertain: true };
    const isAcceptable = recognised?.form === 'timestamp' ? isNew : isUnseen;
    if (!isIntact || recognised === null || !isAcceptable) {
      this.#drop(sender);
      return;
    }
    this.#forms.learn(sender.name, recognised);
    remember(this.#understood, sender.name);
    this.#strange.delete(sender.name);
    const { form } = recognised;
    this.#counts.decrypted++;
    if (form === 'timestamp') {
      this.#window.remember(nonce, stamp);
    } else {
      this.#seen.add(nonce);
    }
    const opened = withMessage(message, form === 'timestamp' ? plain.subarray(STAMP_LENGTH) : plain);
    return this.#deliver(opened, nonce);
  }

  /** What could not be processed may come again: the sender is told, and repeats it. (Tomcat takes that for a replay.) */
  #deliver(message: ChannelData, nonce: string): void | Promise<void> {
    const failed = (error: unknown): never => {
      this.#window.forget(nonce);
      this.#seen.delete(nonce);
      throw error;
    };
    try {
      const processing = this.upper.messageReceived(message);
      return processing instanceof Promise ? processing.catch(failed) : undefined;
    } catch (error) {
      return failed(error);
    }
  }

  #drop({ name }: Member): void {
    this.#counts.dropped++;
    const isStrange = !this.#understood.has(name);
    if (isStrange) {
      remember(this.#strange, name);
    }
    const times = this.#complaints.admit(name);
    if (times > 0) {
      const { logger } = this.#context;
      if (isStrange) {
        logger.error({ member: name, times }, PROBLEM);
      } else {
        logger.warn(
          { member: name, times },
          'a message was dropped: it could not be decrypted, or is a replay',
        );
      }
    }
  }

  problemOf({ name }: Member): string | null {
    return this.#strange.has(name) ? PROBLEM : null;
  }

  override statistics(): Readonly<Record<string, number>> {
    return { ...this.#counts, remembered: this.#window.size + this.#seen.size };
  }
}

function remember(names: Set<string>, name: string): void {
  if (names.size < MAX_NAMES) {
    names.add(name);
  }
}

export const encryptInterceptor = defineInterceptor({
  attributes,
  withoutEffect: ['providerName'],
  statistics: {
    counters: {
      encrypted: 'Messages encrypted; twice for members of whose form nothing is known yet',
      decrypted: 'Messages decrypted',
      dropped: 'Messages dropped: they could not be decrypted, or were replays',
    },
    gauges: { remembered: 'Messages remembered, so that they are not taken a second time' },
  },
  create: (context, settings) => new EncryptInterceptor(context, settings),
});
