/**
 * What is encrypted: the message, behind the time at which it was sent (9.0.119, 10.1.56, 11.0.23, 12 and later), or as it is (the
 * releases before).
 */
export type PlainForm = 'timestamp' | 'plain';

export interface RecognisedForm {
  readonly form: PlainForm;
  /** Whether it can be of no other: raw bytes may begin with anything. */
  readonly isCertain: boolean;
}

/** Addresses remembered. */
const MAX_ADDRESSES = 4096;

/** How serialised objects begin, compressed (GzipInterceptor) or not. */
const MAGICS = [Buffer.from('aced0005', 'hex'), Buffer.from('1f8b08', 'hex')];

/** Bytes of a time stamp. */
export const STAMP_LENGTH = 8;

/**
 * Which form the node at each address (host and port: an id anybody can make up) encrypts. Once it was seen with time stamps it is never
 * taken without again.
 */
export class PlainForms {
  readonly #forms = new Map<string, PlainForm>();

  formOf(address: string): PlainForm | undefined {
    return this.#forms.get(address);
  }

  /**
   * The form of a message that has been decrypted, and whether it can be of no other; null if it is of none, or of one that is not to be
   * believed. Nothing is remembered: the message may be a replay.
   *
   * @param isNew whether it begins with a time stamp that is now and with which it has not been seen.
   */
  recognise(address: string, plain: Buffer, isNew: boolean): RecognisedForm | null {
    const known = this.#forms.get(address);
    const isObject = beginsObject(plain, 0);
    const isStamped = !isObject && beginsObject(plain, STAMP_LENGTH);
    if (isNew && (known !== 'plain' || isStamped)) {
      return { form: 'timestamp', isCertain: isStamped };
    }
    const isBelieved = known === 'plain' || (known === undefined && isObject && this.#hasRoom);
    return isBelieved && !isStamped ? { form: 'plain', isCertain: isObject } : null;
  }

  learn(address: string, { form, isCertain }: RecognisedForm): void {
    const isMore = this.#forms.get(address) !== 'timestamp';
    if (isCertain && isMore && (this.#forms.has(address) || this.#hasRoom)) {
      this.#forms.set(address, form);
    }
  }

  get #hasRoom(): boolean {
    return this.#forms.size < MAX_ADDRESSES;
  }
}

function beginsObject(plain: Buffer, offset: number): boolean {
  return MAGICS.some((magic) => plain.subarray(offset, offset + magic.length).equals(magic));
}
