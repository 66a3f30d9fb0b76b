import { isTribesError } from '../../base/index.js';
import type { JavaObject, JavaValue } from '../model.js';
import { javaTimeOf } from '../views/java-time.js';
import type { ScalarMaker } from './scalar-makers.js';
import { textOf } from './scalar-makers.js';
import type { JsonNode } from './json-text.js';
import { Block, known, noValue } from './make.js';
import {
  dateParts,
  daysOf,
  durationParts,
  instantParts,
  offsetOf,
  periodParts,
  timeParts,
  yearOf,
} from './time-text.js';

/** Types within `java.time.Ser`, and what each class writes behind its own; undefined for a text that is none. */
const SERIAL_FORMS: Readonly<
  Record<string, readonly [type: number, write: (text: string) => Block | undefined]>
> = {
  Duration: [1, (text) => secondsBlock(durationParts(text))],
  Instant: [2, (text) => secondsBlock(instantParts(text))],
  LocalDate: [3, (text) => dateBlock(new Block(), text)],
  LocalTime: [4, (text) => timeBlock(new Block(), text)],
  LocalDateTime: [5, (text) => dateTimeBlock(text)],
  ZonedDateTime: [6, zonedBlock],
  ZoneRegion: [7, (text) => (isRegion(text) ? new Block().ascii(text) : undefined)],
  ZoneOffset: [8, (text) => offsetBlock(new Block(), text)],
  OffsetTime: [9, (text) => withOffset(text, (rest) => timeBlock(new Block(), rest))],
  OffsetDateTime: [10, (text) => withOffset(text, dateTimeBlock)],
  Year: [11, (text) => yearBlock(text)],
  YearMonth: [12, yearMonthBlock],
  MonthDay: [13, monthDayBlock],
  Period: [14, periodBlock],
};

const ENUMS: Readonly<Record<string, readonly string[]>> = {
  'java.time.DayOfWeek': ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'],
  'java.time.Month': [
    'JANUARY',
    'FEBRUARY',
    'MARCH',
    'APRIL',
    'MAY',
    'JUNE',
    'JULY',
    'AUGUST',
    'SEPTEMBER',
    'OCTOBER',
    'NOVEMBER',
    'DECEMBER',
  ],
};

/** The classes of `java.time`, of the texts that their `toString` gives. */
export const timeMakers: ReadonlyMap<string, ScalarMaker> = new Map<string, ScalarMaker>([
  ...Object.entries(SERIAL_FORMS).map(([name, [type, write]]): [string, ScalarMaker] => {
    const className = `java.time.${name}`;
    return [className, (json) => ser(className, json, type, write)];
  }),
  ...Object.entries(ENUMS).map(([className, constants]): [string, ScalarMaker] => [
    className,
    (json) => enumConstant(className, constants, json),
  ]),
]);

/** Names of the constants of an enum of `java.time`; none for other classes. */
export function timeConstants(className: string): readonly string[] {
  return ENUMS[className] ?? [];
}

/** Whether a `java.time.Ser` is as its class writes it: made anew of its text, it is the same. */
export function isTimeValue(object: JavaObject): boolean {
  const value = javaTimeOf(object);
  const made = value && timeMakers.get(value.className);
  try {
    const again = made?.(value?.text ?? '');
    return again?.kind === 'object' && serialForm(again).equals(serialForm(object));
  } catch (error) {
    if (isTribesError(error)) {
      return false;
    }
    throw error;
  }
}

function serialForm({ parts }: JavaObject): Buffer {
  const contents = parts[0]?.annotation ?? [];
  return Buffer.concat(
    contents.map((content) => (content?.kind === 'blockData' ? content.bytes : Buffer.alloc(0))),
  );
}

function ser(
  className: string,
  json: JsonNode,
  type: number,
  write: (text: string) => Block | undefined,
): JavaValue {
  const expected = `a text as ${className}.toString gives it`;
  const written = write(textOf(json, className, expected))?.content;
  if (written?.kind !== 'blockData') {
    throw noValue(className, expected);
  }
  const desc = known('java.time.Ser');
  const content = new Block().byte(type).raw(written.bytes).content;
  return { kind: 'object', desc, parts: [{ desc, values: null, annotation: [content] }] };
}

function enumConstant(className: string, constants: readonly string[], json: JsonNode): JavaValue {
  const expected = `one of ${constants.join(', ')}`;
  const value = textOf(json, className, expected);
  if (!constants.includes(value)) {
    throw noValue(className, expected);
  }
  return { kind: 'enum', desc: known(className), constant: { kind: 'string', value } };
}

function secondsBlock(parts: { seconds: bigint; nanos: number } | undefined): Block | undefined {
  return parts && new Block().long(parts.seconds).int(parts.nanos);
}

function dateBlock(block: Block, text: string): Block | undefined {
  const parts = dateParts(text);
  return parts && block.int(parts.year).byte(parts.month).byte(parts.day);
}

/** What is zero is left out from the right; the last part written is then inverted (`LocalTime.writeExternal`). */
function timeBlock(block: Block, text: string): Block | undefined {
  const parts = timeParts(text);
  if (parts === undefined) {
    return undefined;
  }
  const { hour, minute, second, nano } = parts;
  if (nano !== 0) {
    return block.byte(hour).byte(minute).byte(second).int(nano);
  }
  if (second !== 0) {
    return block.byte(hour).byte(minute).byte(~second);
  }
  return minute === 0 ? block.byte(~hour) : block.byte(hour).byte(~minute);
}

function dateTimeBlock(text: string): Block | undefined {
  const [day = '', time = '', ...more] = text.split('T');
  const block = more.length === 0 ? dateBlock(new Block(), day) : undefined;
  return block && timeBlock(block, time);
}

function offsetBlock(block: Block, text: string): Block | undefined {
  const seconds = offsetOf(text);
  if (seconds === undefined) {
    return undefined;
  }
  return seconds % 900 === 0 ? block.byte(seconds / 900) : block.byte(127).int(seconds);
}

function withOffset(text: string, write: (rest: string) => Block | undefined): Block | undefined {
  const match = /^(.+?)(Z|[+-]\d\d:\d\d(?::\d\d)?)$/.exec(text);
  const block = match === null ? undefined : write(match[1] ?? '');
  return block && offsetBlock(block, match?.[2] ?? '');
}

function zonedBlock(text: string): Block | undefined {
  const [, local = '', region] = /^([^[\]]+)(?:\[([^[\]]+)\])?$/.exec(text) ?? [];
  const block = withOffset(local, dateTimeBlock);
  if (region !== undefined) {
    return isRegion(region) ? block?.byte(7).ascii(region) : undefined;
  }
  const offset = /(?:Z|[+-]\d\d:\d\d(?::\d\d)?)$/.exec(local)?.[0] ?? '';
  return block && offsetBlock(block.byte(8), offset);
}

/** `ZoneRegion.checkName`; whether there is such a region is for the JVM that is asked for its rules. */
function isRegion(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9~/._+-]{1,255}$/.test(text);
}

function yearBlock(text: string): Block | undefined {
  const year = yearOf(text);
  return year === undefined ? undefined : new Block().int(year);
}

function yearMonthBlock(text: string): Block | undefined {
  const [, yearText = '', monthText] = /^(.+)-(\d\d)$/.exec(text) ?? [];
  const month = Number(monthText);
  return month >= 1 && month <= 12 ? yearBlock(yearText)?.byte(month) : undefined;
}

function monthDayBlock(text: string): Block | undefined {
  const [, monthText, dayText] = /^--(\d\d)-(\d\d)$/.exec(text) ?? [];
  const [month, day] = [Number(monthText), Number(dayText)];
  const leapYear = 2000;
  return day >= 1 && day <= daysOf(leapYear, month) ? new Block().byte(month).byte(day) : undefined;
}

function periodBlock(text: string): Block | undefined {
  const parts = periodParts(text);
  return parts && new Block().int(parts[0]).int(parts[1]).int(parts[2]);
}
