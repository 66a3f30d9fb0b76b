import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export const KEY_LENGTH = 32;

const ALGORITHM = 'aes-256-gcm';
const SALT_BYTES = 16;
const COUNTER_BYTES = 6;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MAX_COUNTER = 2 ** (8 * COUNTER_BYTES) - 1;
/** Keys remembered for reading: one for each process that has written something that is read. */
const MAX_READING_KEYS = 1024;

/**
 * AES-256-GCM, of which only the nonce is ours to get right: it must never come twice with one key. So a cipher never
 * uses the secret itself, but a key of its own, derived from the secret and 128 random bits by HKDF-SHA-256, and counts
 * its nonces up from 0. Two ciphers, in two threads, processes, or copies of one data directory, have the same key only
 * if they draw the same 128 bits; one cipher counts to 2^48 and then refuses.
 *
 *     sealed: salt (16) | counter (6) | ciphertext | tag (16)
 */
export class Cipher {
  readonly #secret: Buffer;
  readonly #salt = randomBytes(SALT_BYTES);
  readonly #key: Buffer;
  readonly #readingKeys = new Map<string, Buffer>();
  #counter = 0;

  /** `secret`: 32 bytes. */
  constructor(secret: Buffer) {
    this.#secret = secret;
    this.#key = this.#derive(this.#salt);
  }

  /** `place` is not part of the result, but has to be given to `open` again: what was sealed for one place fits no other. */
  seal(plain: Uint8Array, place: Uint8Array): Buffer {
    if (this.#counter > MAX_COUNTER) {
      throw new RangeError('this cipher has used up its nonces');
    }
    const nonce = Buffer.alloc(NONCE_BYTES);
    nonce.writeUIntBE(this.#counter++, NONCE_BYTES - COUNTER_BYTES, COUNTER_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(place);
    const text = cipher.update(plain);
    cipher.final();
    return Buffer.concat([
      this.#salt,
      nonce.subarray(NONCE_BYTES - COUNTER_BYTES),
      text,
      cipher.getAuthTag(),
    ]);
  }

  /** The inverse of `seal`, of any cipher with the same secret; null if it was not sealed so, or has changed since. */
  open(sealed: Buffer, place: Uint8Array): Buffer | null {
    const textStart = SALT_BYTES + COUNTER_BYTES;
    const textEnd = sealed.length - TAG_BYTES;
    if (textEnd < textStart) {
      return null;
    }
    const nonce = Buffer.alloc(NONCE_BYTES);
    sealed.copy(nonce, NONCE_BYTES - COUNTER_BYTES, SALT_BYTES, textStart);
    const decipher = createDecipheriv(ALGORITHM, this.#readingKey(sealed.subarray(0, SALT_BYTES)), nonce)
      .setAAD(place)
      .setAuthTag(sealed.subarray(textEnd));
    const plain = decipher.update(sealed.subarray(textStart, textEnd));
    try {
      decipher.final();
      return plain;
    } catch {
      return null; // what it says is only that the tag does not fit
    }
  }

  #readingKey(salt: Buffer): Buffer {
    const name = salt.toString('latin1');
    let key = this.#readingKeys.get(name);
    if (key === undefined) {
      key = this.#derive(salt);
      if (this.#readingKeys.size >= MAX_READING_KEYS) {
        this.#readingKeys.clear();
      }
      this.#readingKeys.set(name, key);
    }
    return key;
  }

  #derive(salt: Buffer): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, salt, 'tomcat-tribes store values', KEY_LENGTH));
  }
}

/** Names under which things rest in an encrypted store: without the secret they say nothing, not even by comparison. */
export class NameCipher {
  readonly #key: Buffer;

  constructor(secret: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'tomcat-tribes store names', KEY_LENGTH));
  }

  /** 32 bytes that stand for `name`. */
  hide(name: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(name).digest();
  }
}

/** 16 bytes by which a secret is known again, and which do not give it away. */
export function fingerprintOf(secret: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'tomcat-tribes store fingerprint', 16));
}
