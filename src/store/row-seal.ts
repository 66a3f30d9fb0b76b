import { crc32 } from 'node:zlib';
import { TribesError } from '../base/index.js';
import type { Cipher } from './cipher.js';
import { DATABASE_NAMES, type DatabaseName } from './database-names.js';

/** How the value of a row is kept from damage, which LMDB does not notice, and from other eyes. */
export interface RowSeal {
  seal(database: DatabaseName, key: Buffer, value: Buffer): Buffer;
  /** The inverse of `seal`. Error: TRIBES_E_STORE_RECORD. */
  open(database: DatabaseName, key: Buffer, sealed: Buffer): Buffer;
}

const CHECKSUM_BYTES = 4;

/** The CRC-32 of the value, and the value. */
export const checksumSeal: RowSeal = {
  seal(_database, _key, value) {
    const sealed = Buffer.allocUnsafe(CHECKSUM_BYTES + value.length);
    sealed.writeUInt32BE(crc32(value), 0);
    value.copy(sealed, CHECKSUM_BYTES);
    return sealed;
  },

  open(_database, _key, sealed) {
    const value = sealed.subarray(CHECKSUM_BYTES);
    const expected = sealed.length < CHECKSUM_BYTES ? 0 : sealed.readUInt32BE(0);
    const found = crc32(value);
    if (sealed.length < CHECKSUM_BYTES || expected !== found) {
      throw new TribesError('TRIBES_E_STORE_RECORD', {
        expected: `checksum ${expected.toString(16)}`,
        found: `${found.toString(16)} over ${value.length} bytes`,
        offset: 0,
      });
    }
    return value;
  },
};

/** Encrypted, and bound to the row: a value that was moved to another row does not open. */
export function cipherSeal(cipher: Cipher): RowSeal {
  return {
    seal: (database, key, value) => cipher.seal(value, placeOf(database, key)),

    open(database, key, sealed) {
      const value = cipher.open(sealed, placeOf(database, key));
      if (value === null) {
        throw new TribesError('TRIBES_E_STORE_RECORD', {
          expected: `a value encrypted for this row of ${database}`,
          found: `${sealed.length} bytes that are none`,
          offset: 0,
        });
      }
      return value;
    },
  };
}

function placeOf(database: DatabaseName, key: Buffer): Buffer {
  return Buffer.concat([Buffer.of(DATABASE_NAMES.indexOf(database)), key]);
}
