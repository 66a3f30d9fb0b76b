/** Reads ISO-8601 texts as `java.time` prints them; undefined for what is none, or out of range. */

export interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export interface TimeParts {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nano: number;
}

/** Seconds since the epoch, and nanoseconds within the second. */
export interface SecondParts {
  readonly seconds: bigint;
  readonly nanos: number;
}

const MAX_YEAR = 999_999_999;
const LONG_MAX = 2n ** 63n - 1n;

/** `Year.parse`, where four digits need no sign. */
export function yearOf(text: string): number | undefined {
  const year = /^(?:[+-]?\d{4,9}|[+-]\d{1,9}|-?\d{1,9})$/.test(text) ? Number(text) : NaN;
  return Math.abs(year) <= MAX_YEAR ? year + 0 : undefined;
}

export function dateParts(text: string): DateParts | undefined {
  const match = /^([+-]?\d{4,9})-(\d\d)-(\d\d)$/.exec(text);
  const year = match && yearOf(match[1] ?? '');
  const month = Number(match?.[2]);
  const day = Number(match?.[3]);
  return year !== null && year !== undefined && day >= 1 && day <= daysOf(year, month)
    ? { year, month, day }
    : undefined;
}

export function timeParts(text: string): TimeParts | undefined {
  const match = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, hour, minute, second = '0', fraction = ''] = match;
  const parts = {
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    nano: Number(fraction.padEnd(9, '0')),
  };
  return parts.hour < 24 && parts.minute < 60 && parts.second < 60 ? parts : undefined;
}

/** Seconds of `ZoneOffset.of`. */
export function offsetOf(text: string): number | undefined {
  if (text === 'Z') {
    return 0;
  }
  const match = /^([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, sign, hours, minutes, seconds = '0'] = match;
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const isSound = Number(minutes) < 60 && Number(seconds) < 60 && total <= 18 * 3600;
  return isSound ? (sign === '-' && total > 0 ? -total : total) : undefined;
}

export function instantParts(text: string): SecondParts | undefined {
  const match = /^([+-]?\d{4,10}-\d\d-\d\d)T([\d:.]+)Z$/.exec(text);
  const date = match && dateParts(match[1] ?? '');
  const time = match && timeParts(match[2] ?? '');
  if (!date || !time) {
    return undefined;
  }
  const ofDay = time.hour * 3600 + time.minute * 60 + time.second;
  return { seconds: epochDay(date) * 86_400n + BigInt(ofDay), nanos: time.nano };
}

/** `Period.parse`: years, months, days. */
export function periodParts(text: string): readonly [number, number, number] | undefined {
  const match =
    /^([+-]?)P(?:([+-]?\d{1,10})Y)?(?:([+-]?\d{1,10})M)?(?:([+-]?\d{1,10})W)?(?:([+-]?\d{1,10})D)?$/.exec(
      text,
    );
  if (match === null || hasNoParts(match.slice(2))) {
    return undefined;
  }
  const sign = match[1] === '-' ? -1 : 1;
  const [years = 0, months = 0, weeks = 0, days = 0] = (match.slice(2) as (string | undefined)[]).map(
    (part) => Number(part ?? 0),
  );
  const parts = [years, months, days + 7 * weeks].map((part) => part * sign + 0);
  return parts.every((part) => part === (part | 0)) ? (parts as [number, number, number]) : undefined;
}

/** `Duration.parse`. */
export function durationParts(text: string): SecondParts | undefined {
  const match =
    /^([+-]?)P(?:([+-]?\d{1,19})D)?(?:T(?:([+-]?\d{1,19})H)?(?:([+-]?\d{1,19})M)?(?:([+-]?\d{1,19})(?:\.(\d{0,9}))?S)?)?$/.exec(
      text,
    );
  if (match === null || hasNoParts(match.slice(2, 6)) || text.endsWith('T')) {
    return undefined;
  }
  const [, sign = '', days = '0', hours = '0', minutes = '0', seconds = '0', fraction = ''] = match;
  const nanos = BigInt(fraction.padEnd(9, '0')) * (seconds.startsWith('-') ? -1n : 1n);
  const whole = [days, hours, minutes, seconds].map((part) => BigInt(part.replace('+', '')));
  const [d = 0n, h = 0n, m = 0n, s = 0n] = whole;
  const total = ((d * 24n + h) * 60n + m) * 60n + s;
  const all = (total * 1_000_000_000n + nanos) * (sign === '-' ? -1n : 1n);
  const nano = ((all % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const result = (all - nano) / 1_000_000_000n;
  return result >= -LONG_MAX - 1n && result <= LONG_MAX
    ? { seconds: result, nanos: Number(nano) }
    : undefined;
}

function hasNoParts(parts: readonly (string | undefined)[]): boolean {
  return parts.every((part) => part === undefined);
}

/** Days of a month; 0 for what is no month. */
export function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar (the usual arithmetic of 400-year eras). */
function epochDay({ year, month, day }: DateParts): bigint {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return BigInt(era) * 146_097n + BigInt(dayOfEra) - 719_468n;
}
