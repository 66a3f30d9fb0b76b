import { isTribesError, parseDomain, TribesError } from '../../base/index.js';

/** An attribute of an interceptor, as it stands in server.xml. */
export interface Attribute<T> {
  /** Undefined for a text that it cannot be. */
  readonly read: (text: string) => T | undefined;
  /** What it can be; completes "expected …". */
  readonly expected: string;
  readonly defaultValue: T;
  /** Whether its text is shown to nobody. */
  readonly isSecret?: boolean;
}

export type AttributeTable = Readonly<Record<string, Attribute<unknown>>>;

export type AttributeValues<T extends AttributeTable> = {
  readonly [Name in keyof T]: T[Name] extends Attribute<infer V> ? V : never;
};

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number, defaultValue: number): Attribute<number> {
  return {
    read: (text) => {
      const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
    expected: `a whole number from ${min} to ${max}`,
    defaultValue,
  };
}

export function trueOrFalse(defaultValue: boolean): Attribute<boolean> {
  return {
    read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
    expected: 'true or false',
    defaultValue,
  };
}

export function oneOf<const T extends string>(choices: readonly T[], defaultValue: NoInfer<T>): Attribute<T> {
  return {
    read: (text) => choices.find((choice) => choice === text),
    expected: `one of ${choices.join(', ')}`,
    defaultValue,
  };
}

/** Bits of the options of messages; 0, unless `min` forbids it: every message is concerned. */
export const optionFlag = (defaultValue = 0, min = 0): Attribute<number> =>
  wholeNumber(min, 2 ** 31 - 1, defaultValue);

/** What `parse` makes of a text; undefined for a text of which it throws one of our errors. */
export function parsed<T>(parse: (text: string) => T): (text: string) => T | undefined {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (isTribesError(error)) {
        return undefined;
      }
      throw error;
    }
  };
}

/** Text as ISO-8859-1, or bytes as `{1,2,-4}`. */
export const domain: Attribute<Buffer> = {
  read: parsed(parseDomain),
  expected: 'ISO-8859-1 text, or bytes as {1,2,-4}',
  defaultValue: Buffer.alloc(0),
};

/**
 * The values of `table`, the given ones and the defaults.
 *
 * Error: TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE for a name that is neither in `table` nor in `withoutEffect`, or a text
 * that the attribute cannot be.
 */
export function readAttributes<T extends AttributeTable>(
  interceptor: string,
  table: T,
  withoutEffect: readonly string[],
  given: ReadonlyMap<string, string>,
): AttributeValues<T> {
  for (const [attribute, value] of given) {
    if (!Object.hasOwn(table, attribute) && !withoutEffect.includes(attribute)) {
      const expected = `one of the attributes ${[...Object.keys(table), ...withoutEffect].join(', ')}`;
      throw attributeError(interceptor, attribute, /key/i.test(attribute) ? '…' : value, expected);
    }
  }
  const values = Object.entries(table).map(([name, attribute]) => {
    const text = given.get(name);
    const value = text === undefined ? attribute.defaultValue : attribute.read(text.trim());
    if (value === undefined) {
      throw attributeError(
        interceptor,
        name,
        attribute.isSecret === true ? '…' : (text ?? ''),
        attribute.expected,
      );
    }
    return [name, value];
  });
  return Object.fromEntries(values) as AttributeValues<T>;
}

function attributeError(
  interceptor: string,
  attribute: string,
  value: string,
  expected: string,
): TribesError {
  return new TribesError('TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE', {
    interceptor,
    attribute,
    value,
    expected,
  });
}
