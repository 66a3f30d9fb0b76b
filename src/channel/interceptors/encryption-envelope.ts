import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';

/** What an envelope held, if it was one: `plain` means nothing when `isIntact` is false. */
export interface OpenedEnvelope {
  readonly isIntact: boolean;
  readonly plain: Buffer;
}

/** Initialisation vector and cipher text, as one (EncryptInterceptor.BaseEncryptionManager). */
export interface EncryptionEnvelope {
  /** Whether what was changed on its way is noticed for certain. */
  readonly isAuthenticated: boolean;
  /** Bytes at its beginning that are never the same again. */
  readonly ivLength: number;
  seal(plain: Buffer): Buffer;
  /** Does the same, and takes the same time, whatever is wrong with it; does not throw. */
  open(sealed: Buffer): OpenedEnvelope;
}

export const ENCRYPTION_ALGORITHMS = [
  'AES/GCM/NoPadding',
  'AES/CBC/PKCS5Padding',
  'AES/CFB/PKCS5Padding',
  'AES/OFB/PKCS5Padding',
  // Of releases before 9.0.116, 10.1.53 and 11.0.19.
  'AES/CFB/NoPadding',
  'AES/OFB/NoPadding',
] as const;

export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number];

const BLOCK = 16;
const GCM_IV = 12;
const GCM_TAG = 16;
const NOTHING = Buffer.alloc(0);

export function encryptionEnvelope(algorithm: EncryptionAlgorithm, key: KeyObject): EncryptionEnvelope {
  return algorithm === 'AES/GCM/NoPadding' ? new GcmEnvelope(key) : new BlockEnvelope(algorithm, key);
}

function bitsOf(key: KeyObject): number {
  return (key.symmetricKeySize ?? 0) * 8;
}

class GcmEnvelope implements EncryptionEnvelope {
  readonly isAuthenticated = true;
  readonly ivLength = GCM_IV;
  readonly #key: KeyObject;
  readonly #cipher: 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm';

  constructor(key: KeyObject) {
    this.#key = key;
    this.#cipher = `aes-${bitsOf(key) as 128 | 192 | 256}-gcm`;
  }

  seal(plain: Buffer): Buffer {
    const iv = randomBytes(GCM_IV);
    const cipher = createCipheriv(this.#cipher, this.#key, iv, { authTagLength: GCM_TAG });
    return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  open(sealed: Buffer): OpenedEnvelope {
    const iv = sealed.subarray(0, GCM_IV);
    if (sealed.length < GCM_IV + GCM_TAG) {
      return { isIntact: false, plain: NOTHING };
    }
    const decipher = createDecipheriv(this.#cipher, this.#key, iv, { authTagLength: GCM_TAG });
    decipher.setAuthTag(sealed.subarray(-GCM_TAG));
    const plain = decipher.update(sealed.subarray(GCM_IV, -GCM_TAG));
    try {
      decipher.final();
      return { isIntact: true, plain };
    } catch {
      return { isIntact: false, plain: NOTHING };
    }
  }
}

/** CBC, and the full-block variants of CFB and OFB, which Tomcat pads as well. */
class BlockEnvelope implements EncryptionEnvelope {
  readonly isAuthenticated = false;
  readonly ivLength = BLOCK;
  readonly #key: KeyObject;
  readonly #cipher: string;
  readonly #isPadded: boolean;

  constructor(algorithm: EncryptionAlgorithm, key: KeyObject) {
    const [, mode = '', padding] = algorithm.split('/');
    this.#key = key;
    this.#cipher = `aes-${bitsOf(key)}-${mode.toLowerCase()}`;
    this.#isPadded = padding === 'PKCS5Padding';
  }

  seal(plain: Buffer): Buffer {
    const iv = randomBytes(BLOCK);
    const cipher = createCipheriv(this.#cipher, this.#key, iv).setAutoPadding(false);
    const padding = this.#isPadded ? BLOCK - (plain.length % BLOCK) : 0;
    return Buffer.concat([
      iv,
      cipher.update(plain),
      cipher.update(Buffer.alloc(padding, padding)),
      cipher.final(),
    ]);
  }

  open(sealed: Buffer): OpenedEnvelope {
    const iv = sealed.subarray(0, BLOCK);
    const length = sealed.length - BLOCK;
    if (length < 0 || (this.#isPadded && (length === 0 || length % BLOCK !== 0))) {
      return { isIntact: false, plain: NOTHING };
    }
    const decipher = createDecipheriv(this.#cipher, this.#key, iv).setAutoPadding(false);
    const padded = Buffer.concat([decipher.update(sealed.subarray(BLOCK)), decipher.final()]);
    if (!this.#isPadded) {
      return { isIntact: true, plain: padded };
    }
    const isIntact = hasPadding(padded);
    return { isIntact, plain: padded.subarray(0, isIntact ? padded.length - (padded.at(-1) ?? 0) : 0) };
  }
}

/** PKCS#5, looked at without haste: how long it takes says nothing of what is wrong. */
function hasPadding(padded: Buffer): boolean {
  const count = padded.at(-1) ?? 0;
  let wrong = Number(count === 0) | Number(count > BLOCK);
  for (let back = 1; back <= BLOCK; back++) {
    wrong |= Number(back <= count) & Number(padded.at(-back) !== count);
  }
  return wrong === 0;
}
