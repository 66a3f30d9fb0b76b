import { TribesError } from '../base/index.js';
import { END_DATA, FRAME_HEAD_LENGTH, holdsAt, START_DATA } from '../wire/index.js';

/** Up to this much is reserved for a frame at once; beyond, no more than a multiple of what has really arrived. */
const FIRST_RESERVE = 65_536;
const RESERVE_FACTOR = 8;

const NOTHING = Buffer.alloc(0);

/** Told where the data of a frame stand: from `start` up to, not including, `end`. */
export type OnData = (bytes: Buffer, start: number, end: number) => void;

/**
 * Cuts a stream of bytes, however it is split into reads, into the data of its frames (`io.XByteBuffer`).
 *
 * Unlike Tomcat's, which goes silently deaf, it throws at the first byte that cannot belong to a frame; it is of no use
 * after that. Data that arrived in one read are handed on where they stand, other data are copied once.
 */
export class FrameAssembler {
  readonly #maxFrameBytes: number;
  readonly #setting: string;
  readonly #head = Buffer.alloc(FRAME_HEAD_LENGTH);
  readonly #end = Buffer.alloc(END_DATA.length);
  #headFilled = 0;
  #endFilled = 0;
  /** The length that the head declares; -1 before there is a whole head. */
  #length = -1;
  #data: Buffer = NOTHING;
  #dataFilled = 0;
  /** Where the unfinished frame begins in the stream. */
  #frameOffset = 0;

  /**
   * @param maxFrameBytes most bytes of data in a frame.
   * @param setting what sets that, for the error.
   */
  constructor(maxFrameBytes: number, setting = 'receiver.maxFrameBytes') {
    this.#maxFrameBytes = maxFrameBytes;
    this.#setting = setting;
  }

  /** Whether a frame has begun and not ended. */
  get isMidFrame(): boolean {
    return this.#headFilled > 0;
  }

  /** Where in the stream the unfinished frame begins, or the next one will: it tells one from another. */
  get frameOffset(): number {
    return this.#frameOffset;
  }

  /** Bytes of the unfinished frame that are held. */
  get bufferedBytes(): number {
    return this.#dataFilled;
  }

  /**
   * Takes one read, and hands on the data of each frame that it completes. Frames before a fault are handed on before
   * the throw.
   *
   * Errors: TRIBES_E_WIRE_MARKER, TRIBES_E_WIRE_LENGTH, TRIBES_E_FRAME_TOO_LARGE.
   */
  push(chunk: Buffer, onFrame: (data: Buffer) => void): void {
    this.cut(chunk, (bytes, start, end) => onFrame(bytes.subarray(start, end)));
  }

  /** As `push`, for those who need no view of the data. */
  cut(chunk: Buffer, onData: OnData): void {
    let at = 0;
    while (at < chunk.length) {
      const end = this.isMidFrame ? undefined : this.#endOfWholeFrame(chunk, at);
      if (end === undefined) {
        at += this.#takePart(chunk, at, onData);
      } else {
        this.#frameOffset += end - at;
        onData(chunk, at + FRAME_HEAD_LENGTH, end - END_DATA.length);
        at = end;
      }
    }
  }

  /** Undefined also for a frame with a fault: it is found, and told, when the parts are looked at. */
  #endOfWholeFrame(chunk: Buffer, at: number): number | undefined {
    const dataAt = at + FRAME_HEAD_LENGTH;
    if (dataAt > chunk.length || !holdsAt(chunk, at, START_DATA)) {
      return undefined;
    }
    const length = chunk.readInt32BE(at + START_DATA.length);
    const isWhole = length >= 0 && length <= this.#maxFrameBytes && holdsAt(chunk, dataAt + length, END_DATA);
    return isWhole ? dataAt + length + END_DATA.length : undefined;
  }

  /** Takes what is next of a frame that comes in parts; returns the number of bytes. */
  #takePart(chunk: Buffer, at: number, onData: OnData): number {
    if (this.#length < 0) {
      return this.#takeHead(chunk, at);
    }
    if (this.#dataFilled < this.#length) {
      return this.#takeData(chunk, at);
    }
    const taken = this.#takeEnd(chunk, at);
    if (this.#endFilled === END_DATA.length) {
      const data = this.#finish();
      onData(data, 0, data.length);
    }
    return taken;
  }

  #takeHead(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#head, this.#headFilled, at);
    this.#headFilled += taken;
    const marker = Math.min(this.#headFilled, START_DATA.length);
    if (this.#head.compare(START_DATA, 0, marker, 0, marker) !== 0) {
      throw markerError('START_DATA', START_DATA, this.#head.subarray(0, marker), this.#frameOffset);
    }
    if (this.#headFilled === FRAME_HEAD_LENGTH) {
      this.#length = this.#declaredLength();
    }
    return taken;
  }

  #declaredLength(): number {
    const length = this.#head.readInt32BE(START_DATA.length);
    if (length < 0) {
      const offset = this.#frameOffset + START_DATA.length;
      const params = { layout: 'frame', field: 'data', length, offset, expected: '0 or more' };
      throw new TribesError('TRIBES_E_WIRE_LENGTH', params);
    }
    if (length > this.#maxFrameBytes) {
      const params = { length, setting: this.#setting, limit: this.#maxFrameBytes };
      throw new TribesError('TRIBES_E_FRAME_TOO_LARGE', params);
    }
    return length;
  }

  #takeData(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#length - this.#dataFilled, chunk.length - at);
    if (taken === this.#length) {
      this.#data = chunk.subarray(at, at + taken);
    } else {
      this.#reserve(this.#dataFilled + taken);
      chunk.copy(this.#data, this.#dataFilled, at, at + taken);
    }
    this.#dataFilled += taken;
    return taken;
  }

  /**
   * A length is only a claim: the whole is reserved when an eighth of it is there. Pages that are reserved and not yet
   * written cost nothing, and each byte is copied 1.15 times at most.
   */
  #reserve(needed: number): void {
    if (needed > this.#data.length) {
      const reserve = Math.min(this.#length, Math.max(FIRST_RESERVE, RESERVE_FACTOR * needed));
      const larger = Buffer.allocUnsafeSlow(reserve);
      this.#data.copy(larger, 0, 0, this.#dataFilled);
      this.#data = larger;
    }
  }

  #takeEnd(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#end, this.#endFilled, at);
    this.#endFilled += taken;
    if (this.#end.compare(END_DATA, 0, this.#endFilled, 0, this.#endFilled) !== 0) {
      const offset = this.#frameOffset + FRAME_HEAD_LENGTH + this.#length;
      throw markerError('END_DATA', END_DATA, this.#end.subarray(0, this.#endFilled), offset);
    }
    return taken;
  }

  #finish(): Buffer {
    const data = this.#data;
    this.#frameOffset += FRAME_HEAD_LENGTH + this.#length + END_DATA.length;
    this.#headFilled = 0;
    this.#endFilled = 0;
    this.#length = -1;
    this.#data = NOTHING;
    this.#dataFilled = 0;
    return data;
  }
}

function markerError(marker: string, expected: Buffer, found: Buffer, offset: number): TribesError {
  return new TribesError('TRIBES_E_WIRE_MARKER', {
    layout: 'frame',
    marker,
    offset,
    expected: expected.toString('hex'),
    found: found.toString('hex'),
  });
}
