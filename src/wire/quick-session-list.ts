import type { JavaLimits, ShareGroup } from '../base/index.js';
import {
  PartedGroup,
  QuickStream,
  scanInput,
  type InternedText,
  type ObjectInput,
  type PartsInput,
  type ScannedValue,
  type StreamParts,
} from '../java/index.js';
import { ClassName } from './class-names.js';
import type { DialectObserver } from './dialect.js';

/** A session of a list, where it is as most are: each name stands in it once, and no value shares anything. */
export interface QuickSession {
  readonly id: string;
  /** Epoch milliseconds of the sender. */
  readonly creationTime: number;
  readonly lastAccessedTime: number;
  readonly thisAccessedTime: number;
  /** Seconds; zero or less: never expires. */
  readonly maxInactiveInterval: number;
  readonly isNew: boolean;
  /** Each value in a stream of its own. */
  readonly attributes: readonly ShareGroup[];
  /** A stream of its own. One that is plain data, as those of 7.0 are, is read the plain way. */
  readonly principal: Buffer | null;
  /** The two slots, each a stream of its own or null; null where the sender left them out. */
  readonly notes: readonly [Buffer | null, Buffer | null] | null;
  /** Each a stream of its own. */
  readonly listeners: readonly Buffer[];
}

/** So many names are compared each with each sooner than put into a set. */
const FEW = 16;

/** No cut: what stood there was null. */
const NONE = -1;

/**
 * The sessions of the payload of EVT_ALL_SESSION_DATA, each read when it is asked for, as far as they are as most are. What
 * stands behind has to be read with `readSessionList`, which also says what is wrong with it if anything is.
 */
export class QuickSessionList {
  readonly #stream: QuickStream;
  readonly #observe: DialectObserver;
  readonly #limits: JavaLimits;
  readonly #count: number;
  #read = 0;

  private constructor(stream: QuickStream, count: number, observe: DialectObserver, limits: JavaLimits) {
    this.#stream = stream;
    this.#count = count;
    this.#observe = observe;
    this.#limits = limits;
  }

  /** Undefined where not even the beginning is as usual. To be closed. */
  static open(payload: Buffer, observe: DialectObserver, limits: JavaLimits): QuickSessionList | undefined {
    const stream = QuickStream.open(payload, limits);
    const count = stream?.next(readCount);
    if (stream === undefined || count === undefined) {
      stream?.close();
      return undefined;
    }
    return new QuickSessionList(stream, count, observe, limits);
  }

  /** How many sessions its writer announced. */
  get count(): number {
    return this.#count;
  }

  /** The next session; undefined where it is not as most are. */
  next(): QuickSession | undefined {
    const session = this.#read === this.#count ? undefined : this.#stream.next(readSession);
    if (session !== undefined) {
      this.#read++;
      this.#observe({ seen: 'noteSlots', present: session.notes !== null });
    }
    return session;
  }

  /**
   * The next session, where what it holds shares something, or a name stands in it twice: to be read the plain way, but by
   * itself. Undefined where that cannot be: neither can those behind it be read here.
   */
  nextWhole(): ObjectInput<ScannedValue> | undefined {
    const stream = this.#read === this.#count ? undefined : this.#stream.nextWhole(readSession);
    if (stream === undefined) {
      return undefined;
    }
    this.#read++;
    return scanInput(stream, this.#limits);
  }

  /** So much was cut out of what `nextWhole` gave. False where that is more, with all other cuts, than is allowed. */
  isAllowed(cutBytes: number): boolean {
    return this.#stream.isAllowed(cutBytes);
  }

  /** Lets go of the payload. */
  close(): void {
    this.#stream.close();
  }
}

/** In the order of `readSessionBody`. */
function readSession(input: PartsInput): QuickSession {
  const creationTime = input.readLongObject();
  const lastAccessedTime = input.readLongObject();
  const maxInactiveInterval = input.readIntegerObject();
  const isNew = input.readBooleanObject();
  input.readBooleanObject(); // whether it is valid
  const thisAccessedTime = input.readLongObject();
  input.readLongObject(); // the version
  const principal = input.readBoolean() ? cutSomething(input) : NONE;
  const id = input.readStringObject() ?? input.giveUp();
  const notes: [number, number] | null = input.isNext(ClassName.INTEGER)
    ? null
    : [cutOrNone(input), cutOrNone(input)];
  const attributes = new NamedCuts(input);
  const listeners: number[] = [];
  for (let left = readCount(input); left > 0; left--) {
    const cut = cutOrNone(input);
    if (cut !== NONE) {
      listeners.push(cut);
    }
  }
  const cuts = input.takeParts();
  const cutOf = (number: number): Buffer | null => cuts[number]?.toStream() ?? null;
  return {
    id,
    creationTime,
    lastAccessedTime,
    thisAccessedTime,
    maxInactiveInterval,
    isNew,
    attributes: attributes.groups(cuts),
    principal: cutOf(principal),
    notes: notes && [cutOf(notes[0]), cutOf(notes[1])],
    listeners: input.isWhole ? [] : listeners.map((number) => (cuts[number] as StreamParts).toStream()),
  };
}

function readCount(input: PartsInput): number {
  const count = input.readIntegerObject();
  return count < 0 ? input.giveUp() : count;
}

function cutOrNone(input: PartsInput): number {
  return input.skipNull() ? NONE : input.cutObject();
}

function cutSomething(input: PartsInput): number {
  const cut = cutOrNone(input);
  return cut === NONE ? input.giveUp() : cut;
}

/** The attributes, or what there is of them: a null value is none (`StandardSession.setAttribute`). */
class NamedCuts {
  readonly #names: InternedText[] = [];
  /** Numbers of their values among all that were cut out. */
  readonly #cuts: number[] = [];

  constructor(input: PartsInput) {
    for (let left = readCount(input); left > 0; left--) {
      this.#names.push(input.readNameObject());
      this.#cuts.push(cutOrNone(input));
    }
    if (!input.isWhole && this.#hasTwice()) {
      input.giveUp();
    }
  }

  /** @param cuts everything that was cut out; none where all of it goes into one cut. */
  groups(cuts: readonly StreamParts[]): ShareGroup[] {
    const groups: ShareGroup[] = [];
    for (let i = 0; i < this.#names.length && cuts.length > 0; i++) {
      const cut = this.#cuts[i] as number;
      if (cut !== NONE) {
        groups.push(groupOf((this.#names[i] as InternedText).alone, cuts[cut] as StreamParts));
      }
    }
    return groups;
  }

  #hasTwice(): boolean {
    const names = this.#names;
    if (names.length > FEW) {
      return new Set(names.map(({ text }) => text)).size < names.length;
    }
    for (let i = 1; i < names.length; i++) {
      const { text } = names[i] as InternedText;
      for (let j = 0; j < i; j++) {
        if ((names[j] as InternedText).text === text) {
          return true;
        }
      }
    }
    return false;
  }
}

function groupOf(names: readonly string[], parts: StreamParts): ShareGroup {
  return parts.descriptors.length === 0 ? { names, stream: parts.toStream() } : new PartedGroup(names, parts);
}
