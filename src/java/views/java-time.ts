import type { JavaObject } from '../model.js';
import * as iso from './iso-8601.js';
import { annotationBytes } from './parts.js';

/** What a `java.time.Ser` stands for. */
export interface JavaTimeValue {
  /** The class that a JVM makes of it. */
  readonly className: string;
  /** Its `toString()`. */
  readonly text: string;
}

const SER = 'java.time.Ser';

/** Reads the externalised form of the `java.time` classes; undefined when the bytes are not of that form. */
export function javaTimeOf(object: JavaObject): JavaTimeValue | undefined {
  const bytes = annotationBytes(object, SER);
  if (!bytes) {
    return undefined;
  }
  const input = new TimeInput(bytes);
  try {
    return readTyped(input);
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

/** Reads big-endian numbers; a RangeError at the end, as Buffer gives it. */
class TimeInput {
  private readonly bytes: Buffer;
  private offset = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  byte(): number {
    return this.bytes.readInt8(this.offset++);
  }

  int(): number {
    this.offset += 4;
    return this.bytes.readInt32BE(this.offset - 4);
  }

  long(): bigint {
    this.offset += 8;
    return this.bytes.readBigInt64BE(this.offset - 8);
  }

  utf(): string {
    const length = this.bytes.readUInt16BE(this.offset);
    this.offset += 2 + length;
    if (this.offset > this.bytes.length) {
      throw new RangeError('text beyond the end');
    }
    // Zone ids are ASCII.
    return this.bytes.toString('latin1', this.offset - length, this.offset);
  }
}

function readTyped(input: TimeInput): JavaTimeValue | undefined {
  const type = TYPES.get(input.byte());
  return type && { className: `java.time.${type.name}`, text: type.read(input) };
}

const TYPES = new Map<number, { name: string; read: (input: TimeInput) => string }>([
  [1, { name: 'Duration', read: (input) => iso.duration(input.long(), input.int()) }],
  [2, { name: 'Instant', read: (input) => iso.instant(input.long(), input.int()) }],
  [3, { name: 'LocalDate', read: readDate }],
  [4, { name: 'LocalTime', read: readTime }],
  [5, { name: 'LocalDateTime', read: readDateTime }],
  [6, { name: 'ZonedDateTime', read: readZonedDateTime }],
  [7, { name: 'ZoneRegion', read: (input) => input.utf() }],
  [8, { name: 'ZoneOffset', read: readOffset }],
  [9, { name: 'OffsetTime', read: (input) => readTime(input) + readOffset(input) }],
  [10, { name: 'OffsetDateTime', read: (input) => readDateTime(input) + readOffset(input) }],
  [11, { name: 'Year', read: (input) => String(input.int()) }],
  [12, { name: 'YearMonth', read: (input) => `${yearOfYearMonth(input.int())}-${iso.two(input.byte())}` }],
  [13, { name: 'MonthDay', read: (input) => `--${iso.two(input.byte())}-${iso.two(input.byte())}` }],
  [14, { name: 'Period', read: (input) => iso.period(input.int(), input.int(), input.int()) }],
]);

/** Unlike LocalDate, YearMonth prints no plus sign. */
function yearOfYearMonth(year: number): string {
  return iso.isoYear(year).replace('+', '');
}

function readDate(input: TimeInput): string {
  return iso.date(input.int(), input.byte(), input.byte());
}

/** LocalTime leaves out what is zero from the right; the last part written is then inverted. */
function readTime(input: TimeInput): string {
  const hour = input.byte();
  if (hour < 0) {
    return iso.time(~hour, 0, 0, 0);
  }
  const minute = input.byte();
  if (minute < 0) {
    return iso.time(hour, ~minute, 0, 0);
  }
  const second = input.byte();
  return second < 0 ? iso.time(hour, minute, ~second, 0) : iso.time(hour, minute, second, input.int());
}

function readDateTime(input: TimeInput): string {
  const day = readDate(input);
  return `${day}T${readTime(input)}`;
}

function readOffset(input: TimeInput): string {
  const quarters = input.byte();
  return iso.offset(quarters === 127 ? input.int() : quarters * 900);
}

function readZonedDateTime(input: TimeInput): string {
  const local = readDateTime(input);
  const offset = readOffset(input);
  const zone = input.byte() === 7 ? input.utf() : readOffset(input);
  return zone === offset ? `${local}${offset}` : `${local}${offset}[${zone}]`;
}
