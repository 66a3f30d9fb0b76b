import type { JavaLimits } from '../base/index.js';
import { areWide, classes } from './quick-input.js';
import { PartsInput } from './quick-parts-input.js';
import type { StreamParts } from './stream-parts.js';
import { UNFAMILIAR } from './unfamiliar.js';

/** An input for a long stream. */
class LongInput extends PartsInput {
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

  override takeParts(): readonly StreamParts[] {
    this.count(this.cutsWhole ? 0 : this.byteLength);
    return this.cutsWhole ? [] : super.takeParts();
  }

  /** Gives up where all cuts of the stream are longer than is allowed. */
  count(cutBytes: number): void {
    this.cutBytes += cutBytes;
    if (this.cutBytes > this.limits.maxCutBytes) {
      this.giveUp();
    }
  }

  /** What `read` makes of what comes next; where it throws, nothing of that was read. */
  attempt<T>(read: (input: PartsInput) => T): T {
    const place = this.place();
    const { cutBytes } = this;
    if (!this.cutsWhole) {
      this.leavesOut = true;
      try {
        return this.allowed(read(this));
      } catch (error) {
        this.goBack(place);
        this.cutBytes = cutBytes;
        if (error !== UNFAMILIAR) {
          throw error;
        }
      } finally {
        this.leavesOut = false;
      }
    }
    try {
      return this.allowed(read(this));
    } catch (error) {
      this.goBack(place);
      throw error;
    }
  }

  private allowed<T>(piece: T): T {
    return this.handles.descriptors <= this.limits.maxDescriptors ? piece : this.giveUp();
  }

  /** What `read` passes over, as a stream of its own. */
  cutWhole(read: (input: PartsInput) => unknown): Buffer {
    this.cutsWhole = true;
    try {
      this.beginCut();
      this.attempt(read);
      this.flush(this.at);
    } finally {
      this.cutsWhole = false;
    }
    this.sink.endCut();
    return this.takeCuts()[0] as Buffer;
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
    const isOpen = quick.#attempt(() => {
      input.open(stream);
      return true;
    });
    if (isOpen !== true) {
      quick.close();
      return undefined;
    }
    return quick;
  }

  /** What `read` makes of the next piece; undefined where it is not as most are: then nothing was read. */
  next<T>(read: (input: PartsInput) => T): T | undefined {
    return this.#attempt((input) => input.attempt(read));
  }

  /**
   * The piece that `read` passes over as a stream of its own, in which everything that it refers to elsewhere was put in.
   * Undefined where it is not as most are, or refers to what can change: then nothing was read.
   */
  nextWhole(read: (input: PartsInput) => unknown): Buffer | undefined {
    return this.#attempt((input) => input.cutWhole(read));
  }

  /** So much was cut out of such a stream. False where that is more, all together, than is allowed. */
  isAllowed(cutBytes: number): boolean {
    return (
      this.#attempt((input) => {
        input.count(cutBytes);
        return true;
      }) === true
    );
  }

  /** Lets go of the stream. */
  close(): void {
    const input = this.#input;
    this.#input = undefined;
    input?.close();
    idle = input?.isLarge === true ? undefined : (input ?? idle);
  }

  #attempt<T>(step: (input: LongInput) => T): T | undefined {
    const input = this.#input;
    if (input === undefined) {
      return undefined;
    }
    try {
      return step(input);
    } catch (error) {
      if (error === UNFAMILIAR) {
        return undefined;
      }
      throw error;
    }
  }
}
