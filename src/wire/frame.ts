import { WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

/** `XByteBuffer.START_DATA`. */
export const START_DATA = Buffer.from('FLT2002', 'latin1');

/** `XByteBuffer.END_DATA`. */
export const END_DATA = Buffer.from('TLF2003', 'latin1');

/** Bytes before the data of a frame: START_DATA and the int32 length. */
export const FRAME_HEAD_LENGTH = START_DATA.length + 4;

/** Bytes of a frame that are not data. */
export const FRAME_OVERHEAD = FRAME_HEAD_LENGTH + END_DATA.length;

/** Bytes that a UDP datagram carries at most: the length of an IP packet is told in 16 bits, with its header in IPv4. */
export function maxDatagramBytes(host: string): number {
  return host.includes(':') ? 65_527 : 65_507;
}

/** `transport.Constants.ACK_DATA`: taken. Carries no id: it answers the last message on its connection. */
export const ACK_DATA = Buffer.from([0x06, 0x02, 0x03]);

/** `transport.Constants.FAIL_ACK_DATA`: processing failed. */
export const FAIL_ACK_DATA = Buffer.from([0x0b, 0x00, 0x05]);

const LAYOUT = 'frame';

/** What stands before `length` bytes of data; END_DATA follows them. For gathering writes of large messages. */
export function encodeFrameHead(length: number): Buffer {
  return new WireWriter(FRAME_HEAD_LENGTH).writeBytes(START_DATA).writeInt32(length).bytes;
}

/** `XByteBuffer.createDataPackage`. */
export function encodeFrame(data: Uint8Array): Buffer {
  return new WireWriter(FRAME_OVERHEAD + data.length)
    .writeBytes(START_DATA)
    .writeCountedBytes(data)
    .writeBytes(END_DATA).bytes;
}

export const ACK_FRAME = encodeFrame(ACK_DATA);

export const FAIL_ACK_FRAME = encodeFrame(FAIL_ACK_DATA);

/** True when the data of a frame are a positive acknowledgement. */
export function isAck(data: Uint8Array): boolean {
  return ACK_DATA.equals(data);
}

/** True when the data of a frame are a negative acknowledgement. */
export function isFailAck(data: Uint8Array): boolean {
  return FAIL_ACK_DATA.equals(data);
}

/**
 * The data of every frame of a datagram, or of any bytes that hold whole frames only, as views.
 *
 * Errors: TRIBES_E_WIRE_MARKER, TRIBES_E_WIRE_LENGTH, TRIBES_E_WIRE_TRUNCATED.
 */
export function decodeFrames(datagram: Buffer): Buffer[] {
  const reader = new WireReader(LAYOUT, datagram);
  const frames: Buffer[] = [];
  while (reader.left > 0) {
    reader.expectMarker('START_DATA', START_DATA);
    const data = reader.readCountedBytes('data');
    reader.expectMarker('END_DATA', END_DATA);
    frames.push(data);
  }
  return frames;
}
