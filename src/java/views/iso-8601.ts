/** ISO-8601 texts as `java.time` prints them. */

const SECONDS_PER_DAY = 86_400n;
const NANOS_PER_MILLI = 1_000_000;

/** `java.time.Instant.toString()` of an instant given in milliseconds and the nanoseconds within its second. */
export function instantOfMillis(millis: bigint, nanosOfSecond?: number): string {
  const seconds = floorDiv(millis, 1000n);
  return instant(seconds, nanosOfSecond ?? Number(millis - seconds * 1000n) * NANOS_PER_MILLI);
}

/** `java.time.Instant.toString()`: a fraction of 0, 3, 6 or 9 digits. */
export function instant(epochSecond: bigint, nanos: number): string {
  const days = floorDiv(epochSecond, SECONDS_PER_DAY);
  const ofDay = Number(epochSecond - days * SECONDS_PER_DAY);
  const { year, month, day } = civil(days);
  const time = `${two(Math.floor(ofDay / 3600))}:${two(Math.floor(ofDay / 60) % 60)}:${two(ofDay % 60)}`;
  return `${date(year, month, day)}T${time}${fraction(nanos)}Z`;
}

/** `java.time.LocalDate.toString()`. */
export function date(year: number, month: number, day: number): string {
  return `${isoYear(year)}-${two(month)}-${two(day)}`;
}

/** `java.time.LocalTime.toString()`: seconds are left out when they and the nanoseconds are zero. */
export function time(hour: number, minute: number, second: number, nano: number): string {
  const text = `${two(hour)}:${two(minute)}`;
  return second === 0 && nano === 0 ? text : `${text}:${two(second)}${fraction(nano)}`;
}

/** `java.time.ZoneOffset.getId()`. */
export function offset(totalSeconds: number): string {
  if (totalSeconds === 0) {
    return 'Z';
  }
  const absolute = Math.abs(totalSeconds);
  const seconds = absolute % 60;
  const text = `${totalSeconds < 0 ? '-' : '+'}${two(Math.floor(absolute / 3600))}:${two(Math.floor(absolute / 60) % 60)}`;
  return seconds === 0 ? text : `${text}:${two(seconds)}`;
}

/** `java.time.Duration.toString()`. */
export function duration(seconds: bigint, nanos: number): string {
  if (seconds === 0n && nanos === 0) {
    return 'PT0S';
  }
  // Truncated towards zero, so that each part carries the sign.
  const effective = seconds < 0n && nanos > 0 ? seconds + 1n : seconds;
  const hours = effective / 3600n;
  const minutes = (effective % 3600n) / 60n;
  const rest = effective % 60n;
  let text = 'PT';
  if (hours !== 0n) {
    text += `${hours.toString()}H`;
  }
  if (minutes !== 0n) {
    text += `${minutes.toString()}M`;
  }
  if (rest === 0n && nanos === 0 && text !== 'PT') {
    return text;
  }
  return `${text}${secondsOf(rest, seconds < 0n, nanos)}S`;
}

/** `java.time.Period.toString()`. */
export function period(years: number, months: number, days: number): string {
  if (years === 0 && months === 0 && days === 0) {
    return 'P0D';
  }
  const part = (value: number, unit: string): string => (value === 0 ? '' : `${value}${unit}`);
  return `P${part(years, 'Y')}${part(months, 'M')}${part(days, 'D')}`;
}

/** Four digits at least; a sign where ISO-8601 asks for one. */
export function isoYear(year: number): string {
  const digits = String(Math.abs(year)).padStart(4, '0');
  return year < 0 ? `-${digits}` : year > 9999 ? `+${digits}` : digits;
}

export function two(value: number): string {
  return String(value).padStart(2, '0');
}

function secondsOf(rest: bigint, negative: boolean, nanos: number): string {
  if (nanos === 0) {
    return rest.toString();
  }
  const whole = negative && rest === 0n ? '-0' : rest.toString();
  const beyond = negative ? 1_000_000_000 - nanos : nanos;
  return `${whole}.${String(beyond).padStart(9, '0').replace(/0+$/, '')}`;
}

function fraction(nanos: number): string {
  if (nanos === 0) {
    return '';
  }
  const digits = String(nanos).padStart(9, '0');
  return `.${digits.endsWith('000000') ? digits.slice(0, 3) : digits.endsWith('000') ? digits.slice(0, 6) : digits}`;
}

function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

/** The proleptic Gregorian date of a day counted from 1970-01-01 (the usual 400-year-era arithmetic). */
function civil(epochDay: bigint): { year: number; month: number; day: number } {
  const shifted = epochDay + 719_468n;
  const era = floorDiv(shifted, 146_097n);
  const dayOfEra = Number(shifted - era * 146_097n);
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: Number(era) * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}
