import { isIP } from 'node:net';
import { z } from 'zod';
import { INTERCEPTOR_NAMES, INTERCEPTOR_PACKAGE, type InterceptorSpec } from '../base/index.js';
import { parseInterceptors, withoutKeys } from './interceptor-text.js';

/** One setting: how its text is read, what it may be, and what it is when nobody says. */
export interface Setting<T> {
  /** From the text of a flag, a variable or a file's scalar to the value. */
  readonly type: z.ZodType<T, string>;
  /** What the text may be; completes "must be …". */
  readonly allowed: string;
  /** The default, as one would write it; empty for settings that are unset. */
  readonly defaultText: string;
  readonly description: string;
  /** Whether a file may give it as a list. */
  readonly isList?: boolean;
  /** What may be shown of a text that it is not; by default all. */
  readonly shown?: (text: string) => string;
}

/** A whole number from `min` to `max`. */
export function wholeNumber(
  min: number,
  max: number,
  defaultValue: number,
  description: string,
  unit = '',
): Setting<number> {
  const ofUnit = unit === '' ? '' : ` of ${unit}`;
  return {
    type: z
      .string()
      .regex(/^-?\d{1,16}$/)
      .transform(Number)
      .pipe(z.int().min(min).max(max)),
    allowed: `a whole number${ofUnit} from ${min} to ${max}`,
    defaultText: String(defaultValue),
    description,
  };
}

/**
 * A sum of the bits of `mask`, as a decimal number of which other bits do not count; it has to have all of `required`.
 */
export function sumOfBits(
  mask: number,
  required: number,
  defaultValue: number,
  description: string,
): Setting<number> {
  const values = Array.from({ length: mask + 1 }, (_, value) => value).filter(
    (value) => (value & mask) === value && (value & required) === required,
  );
  return {
    type: z
      .string()
      .regex(/^-?\d{1,10}$/)
      .transform((text) => Number(text) & mask)
      .refine((value) => (value & required) === required),
    allowed: `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}, or another number with such bits within ${mask}`,
    defaultText: String(defaultValue),
    description,
  };
}

export const milliseconds = (min: number, max: number, defaultValue: number, description: string) =>
  wholeNumber(min, max, defaultValue, description, 'milliseconds');

export const seconds = (min: number, max: number, defaultValue: number, description: string) =>
  wholeNumber(min, max, defaultValue, description, 'seconds');

export const bytes = (min: number, max: number, defaultValue: number, description: string) =>
  wholeNumber(min, max, defaultValue, description, 'bytes');

export function trueOrFalse(defaultValue: boolean, description: string): Setting<boolean> {
  return {
    type: z.enum(['true', 'false']).transform((text) => text === 'true'),
    allowed: 'true or false',
    defaultText: String(defaultValue),
    description,
  };
}

export function oneOf<const T extends string>(
  choices: readonly T[],
  defaultValue: NoInfer<T>,
  description: string,
): Setting<T> {
  return {
    type: z.string().pipe(z.enum(choices)),
    allowed: `one of ${choices.join(', ')}`,
    defaultText: defaultValue,
    description,
  };
}

/** Any text that `pattern` matches. */
export function text(
  pattern: RegExp,
  allowed: string,
  defaultText: string,
  description: string,
): Setting<string> {
  return { type: z.string().regex(pattern), allowed, defaultText, description };
}

/** A path; relative ones start at the working directory. */
export function path(defaultText: string, description: string): Setting<string> {
  return text(/^[^\0]+$/, 'a path', defaultText, description);
}

/** An address literal: names are not looked up. */
export function ipAddress(defaultText: string, description: string): Setting<string> {
  return {
    type: z.string().refine((value) => isIP(value) !== 0),
    allowed: 'an IP address',
    defaultText,
    description,
  };
}

/** 224.0.0.0/4 or ff00::/8. */
export function multicastAddress(defaultText: string, description: string): Setting<string> {
  return {
    type: z.string().refine(isMulticast),
    allowed: 'a multicast address (224.0.0.0 to 239.255.255.255, or ff00::/8)',
    defaultText,
    description,
  };
}

/** One or more of `choices`, separated by commas, none twice. */
export function someOf<const T extends string>(
  choices: readonly T[],
  defaultText: NoInfer<T>,
  description: string,
): Setting<readonly T[]> {
  return {
    type: z
      .string()
      .transform((value) => value.split(',').map((item) => item.trim()))
      .pipe(z.array(z.enum(choices)).refine((chosen) => new Set(chosen).size === chosen.length)),
    allowed: `one or more of ${choices.join(', ')}, separated by commas`,
    defaultText,
    description,
  };
}

/**
 * Texts separated by commas that do not stand in braces, each of which `pattern` matches; the empty text is the empty list.
 */
export function list(
  pattern: RegExp,
  allowed: string,
  defaultText: string,
  description: string,
): Setting<readonly string[]> {
  return {
    type: z
      .string()
      .transform((value) =>
        value.trim() === '' ? [] : value.split(/,(?![^{]*\})/).map((item) => item.trim()),
      )
      .pipe(z.array(z.string().regex(pattern))),
    allowed,
    defaultText,
    description,
    isList: true,
  };
}

/** Interceptors by their class names, with or without the package, and their attributes as `formatInterceptors` writes them. */
export function interceptors(defaultText: string, description: string): Setting<readonly InterceptorSpec[]> {
  const known = new Set<string>(INTERCEPTOR_NAMES.flatMap((name) => [name, INTERCEPTOR_PACKAGE + name]));
  return {
    type: z
      .string()
      .transform(parseInterceptors)
      .refine((specs) => specs?.every(({ className }) => known.has(className)) === true)
      .transform((specs) => specs ?? []),
    allowed: `the class names, separated by commas, of any of ${INTERCEPTOR_NAMES.join(', ')}, with or without their package, each with its attributes in parentheses, if any`,
    defaultText,
    description,
    isList: true,
    shown: withoutKeys,
  };
}

/** `setting`, or nothing: then the empty text, which is also its default. */
export function orUnset<T>(setting: Setting<T>, meaning: string): Setting<T | null> {
  return {
    ...setting,
    type: z.union([z.literal('').transform(() => null), setting.type]),
    allowed: `${setting.allowed}, or empty (${meaning})`,
  };
}

function isMulticast(value: string): boolean {
  const family = isIP(value);
  if (family === 4) {
    const first = Number(value.slice(0, value.indexOf('.')));
    return first >= 224 && first <= 239;
  }
  return family === 6 && /^ff[0-9a-f]{2}:/i.test(value);
}
