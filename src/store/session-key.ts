import { hash } from 'node:crypto';
import { TribesError, type SessionId } from '../base/index.js';

/**
 * What a session rests under: the number of its context, and the first 160 bits of a hash of its id. So ids of
 * any length fit LMDB, all keys are of one length, and a key or a cursor gives nobody a session id, which is a
 * credential. Two ids with the same 160 bits are not to be found, by chance or on purpose (2^80 tries).
 */
export const KEY_BYTES = 24;

const CONTEXT_BYTES = 4;
const CURSOR_FORMAT = 1;

/** A hash of at least 20 bytes. */
export type HideName = (name: Buffer) => Buffer;

/** By way of a text: Node is quickest so. */
export const sha256: HideName = (name) => Buffer.from(hash('sha256', name, 'binary'), 'latin1');

/** `context` is an unsigned 32 bit number. */
export function sessionKey(context: number, id: SessionId, hide: HideName = sha256): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key.writeUInt32BE(context, 0);
  hide(Buffer.from(id, 'utf16le')).copy(key, CONTEXT_BYTES, 0, KEY_BYTES - CONTEXT_BYTES);
  return key;
}

export function contextOfKey(key: Buffer): number {
  return key.readUInt32BE(0);
}

/** What stands before every key of `context`. */
export function lowestKey(context: number): Buffer {
  const key = Buffer.alloc(KEY_BYTES);
  key.writeUInt32BE(context, 0);
  return key;
}

/** An opaque text that names the place just behind `key`. */
export function encodeCursor(key: Buffer): string {
  return Buffer.concat([Buffer.of(CURSOR_FORMAT), key]).toString('base64url');
}

/** The inverse of `encodeCursor`. Error: TRIBES_E_STORE_CURSOR. */
export function decodeCursor(cursor: string): Buffer {
  const bytes = Buffer.from(cursor, 'base64url');
  if (
    bytes.length !== 1 + KEY_BYTES ||
    bytes[0] !== CURSOR_FORMAT ||
    bytes.toString('base64url') !== cursor
  ) {
    throw new TribesError('TRIBES_E_STORE_CURSOR', { reason: 'it is not one that this store made' });
  }
  return bytes.subarray(1);
}
