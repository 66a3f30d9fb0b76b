import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { Write } from './write-batch.js';

export const PLACE_KEY = Buffer.from('place');

/**
 * Row of `meta`: everything up to this place (`WriteBehind`) is at rest. It is written in one transaction with what it
 * speaks of, so that a journal is never replayed over something younger.
 */
export function placeRow(place: number): Write {
  const writer = new ByteWriter();
  writer.writeVarint(place);
  return { database: 'meta', key: PLACE_KEY, value: writer.toBuffer() };
}

export function readPlace(value: Buffer): number {
  return new ByteReader(value).readVarint('place');
}
