import {
  encodeChannelDataHead,
  encodeFrameHead,
  END_DATA,
  SEND_OPTIONS,
  type ChannelData,
} from '../wire/index.js';

/** The bytes of one message, made once for all its destinations. The payload is not copied. */
export interface OutgoingFrame {
  readonly parts: readonly Buffer[];
  readonly length: number;
  /** Whether the destinations are asked for an acknowledgement. */
  readonly isAcknowledged: boolean;
  /** Whether it goes by UDP (SEND_OPTIONS_UDP), in one datagram. */
  readonly isDatagram: boolean;
}

/** Errors: those of encodeChannelData. */
export function outgoingFrame(message: ChannelData): OutgoingFrame {
  const head = encodeChannelDataHead(message);
  const parts = [encodeFrameHead(head.length + message.message.length), head, message.message, END_DATA];
  return {
    parts,
    length: parts.reduce((sum, { length }) => sum + length, 0),
    isAcknowledged: (message.options & SEND_OPTIONS.USE_ACK) !== 0,
    isDatagram: (message.options & SEND_OPTIONS.UDP) !== 0,
  };
}

/** The bytes of `frames` in portions of about `size`, each a list of views: what is written, and waited for, at a time. */
export function* portions(frames: readonly OutgoingFrame[], size: number): Generator<readonly Buffer[]> {
  let portion: Buffer[] = [];
  let left = size;
  for (const part of frames.flatMap(({ parts }) => parts)) {
    for (let at = 0; at < part.length;) {
      const view = part.subarray(at, at + left);
      portion.push(view);
      at += view.length;
      left -= view.length;
      if (left === 0) {
        yield portion;
        portion = [];
        left = size;
      }
    }
  }
  if (portion.length > 0) {
    yield portion;
  }
}
