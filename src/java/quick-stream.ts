import type { JavaLimits } from '../base/index.js';
import { areWide, classes, QuickInput } from './quick-input.js';
import { UNFAMILIAR } from './unfamiliar.js';

/** An input for a long stream. */
class LongInput extends QuickInput {
  private readonly limits: JavaLimits;
  private cutBytes = 0;

  constructor(limits: JavaLimits) {
    super(classes, limits.maxHandles);
    this.limits = limits;
  }

  override open(stream: Buffer): void {
    super.open(stream);
    this.cutBytes = 0;
  }

  override takeCuts(): readonly Buffer[] {
    this.cutBytes += this.sink.byteLength;
    return this.cutBytes > this.limits.maxCutBytes ? this.giveUp() : super.takeCuts();
  }

  /** Whether there are no more class descriptors than there may be. */
  get isWithinLimits(): boolean {
    return this.handles.descriptors <= this.limits.maxDescriptors;
  }

  isFor(limits: JavaLimits): boolean {
    return limits.maxHandles === this.limits.maxHandles && limits.maxCutBytes === this.limits.maxCutBytes;
  }

  get isLarge(): boolean {
    return this.handles.isLarge;
  }
}

/** One that waits for the next stream: most states come in many messages. */
let idle: LongInput | undefined;

/**
 * Reads a long stream piece by piece, the quick way, for as long as it is as most are. Behind the first piece that is not, it
 * has to be read the plain way from there on. To be closed.
 */
export class QuickStream {
  #input: LongInput | undefined;

  private constructor(input: LongInput) {
    this.#input = input;
  }

  /** Undefined for a stream that is beyond `limits`, or none. */
  static open(stream: Buffer, limits: JavaLimits): QuickStream | undefined {
    if (!areWide(limits, stream.length)) {
      return undefined;
    }
    const input = idle?.isFor(limits) === true ? idle : new LongInput(limits);
    idle = undefined;
    const quick = new QuickStream(input);
    return quick.#attempt(() => {
      input.open(stream);
      return quick;
    });
  }

  /** What `read` makes of the next piece; undefined where it is not as most are: then `read` must not have done anything. */
  next<T extends object>(read: (input: QuickInput) => T): T | undefined {
    const input = this.#input;
    return (
      input &&
      this.#attempt(() => {
        const piece = read(input);
        return input.isWithinLimits ? piece : input.giveUp();
      })
    );
  }

  /** Lets go of the stream. */
  close(): void {
    const input = this.#input;
    this.#input = undefined;
    input?.close();
    idle = input?.isLarge === true ? undefined : (input ?? idle);
  }

  #attempt<T extends object>(step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      this.close();
      if (error === UNFAMILIAR) {
        return undefined;
      }
      throw error;
    }
  }
}
