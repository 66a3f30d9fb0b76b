import { TribesError, defaultJavaLimits, type JavaLimits } from '../base/index.js';

/** Thrown for a grammar error on a way that is only tried. */
export const DEAD_END = new Error('this way breaks the grammar');
/** Thrown when a way that is only tried has been followed far enough. */
export const OUT_OF_STEPS = new Error('this way was followed far enough');

export const NOTHING = Buffer.alloc(0);

/** The bytes of a stream and a place in them, never passed over without a look at what is left and at the limits. */
export class StreamBytes {
  bytes: Buffer = NOTHING;
  limits: JavaLimits = defaultJavaLimits;
  /** Offset of the next byte. */
  offset = 0;
  /** Errors are dead ends: the bytes are only tried. */
  protected speculating = false;
  /** Steps taken, and how many may be while speculating. */
  protected steps = 0;
  protected maxSteps = 0;
  protected end = 0;

  protected utf(what: string): void {
    const length = this.short(this.claim(2, what));
    if (length > this.limits.maxStringBytes) {
      this.exceeds('maxStringBytes');
    }
    this.claim(length, what);
  }

  protected short(at: number): number {
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  protected int(at: number): number {
    return (this.short(at) << 16) | this.short(at + 2);
  }

  protected peekByte(expected: string): number {
    if (this.offset >= this.end) {
      this.truncated(expected);
    }
    return this.bytes[this.offset] as number;
  }

  /** Passes over `count` bytes; returns where they begin. */
  protected claim(count: number, expected: string): number {
    const start = this.offset;
    this.checkLeft(count, expected);
    this.offset = start + count;
    return start;
  }

  protected checkLeft(count: number, expected: string): void {
    if (count > this.end - this.offset) {
      this.truncated(expected);
    }
  }

  /** Raises the error of `limit`, for whoever collects what the grammar takes as well. */
  exceeds(limit: keyof JavaLimits): never {
    throw this.speculating ? DEAD_END : this.limitError(limit);
  }

  protected limitError(limit: keyof JavaLimits): TribesError {
    const where = `offset ${this.offset}`;
    return new TribesError('TRIBES_E_JAVA_LIMIT', { limit, max: this.limits[limit], where });
  }

  protected truncated(expected: string): never {
    if (this.speculating) {
      throw DEAD_END;
    }
    throw new TribesError('TRIBES_E_JAVA_TRUNCATED', { expected, where: `offset ${this.offset}` });
  }

  /** The byte that stands next is not what it should be. */
  protected unexpected(expected: string): never {
    const found = (this.bytes[this.offset] as number).toString(16).padStart(2, '0');
    this.fail(expected, found, this.offset);
  }

  protected fail(expected: string, found: string, offset: number): never {
    if (this.speculating) {
      throw DEAD_END;
    }
    throw new TribesError('TRIBES_E_JAVA_UNEXPECTED', { expected, found, where: `offset ${offset}` });
  }

  protected countStep(): void {
    this.steps++;
    if (this.speculating && this.steps > this.maxSteps) {
      throw OUT_OF_STEPS;
    }
  }
}
