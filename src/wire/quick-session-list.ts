import type { JavaLimits, ShareGroup } from '../base/index.js';
import { QuickStream, type InternedText, type QuickInput } from '../java/index.js';
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
  /** Sessions that are still to come. */
  #left: number;

  private constructor(stream: QuickStream, count: number, observe: DialectObserver) {
    this.#stream = stream;
    this.#left = count;
    this.#observe = observe;
  }

  /** Undefined where not even the beginning is as usual. To be closed. */
  static open(payload: Buffer, observe: DialectObserver, limits: JavaLimits): QuickSessionList | undefined {
    const stream = QuickStream.open(payload, limits);
    const head = stream?.next((input) => ({ count: readCount(input) }));
    return stream && head && new QuickSessionList(stream, head.count, observe);
  }

  /** Whether all sessions were read. */
  get isAtEnd(): boolean {
    return this.#left === 0;
  }

  /** The next session; undefined where it is not as most are, and from there on. */
  next(): QuickSession | undefined {
    const session = this.#stream.next(readSession);
    if (session !== undefined) {
      this.#left--;
      this.#observe({ seen: 'noteSlots', present: session.notes !== null });
    }
    return session;
  }

  /** Lets go of the payload. */
  close(): void {
    this.#stream.close();
  }
}

/** In the order of `readSessionBody`. */
function readSession(input: QuickInput): QuickSession {
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
  const cuts = input.takeCuts();
  const cutOf = (number: number): Buffer | null => cuts[number] ?? null;
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
    listeners: listeners.map((number) => cuts[number] as Buffer),
  };
}

function readCount(input: QuickInput): number {
  const count = input.readIntegerObject();
  return count < 0 ? input.giveUp() : count;
}

function cutOrNone(input: QuickInput): number {
  return input.skipNull() ? NONE : input.cutObject();
}

function cutSomething(input: QuickInput): number {
  const cut = cutOrNone(input);
  return cut === NONE ? input.giveUp() : cut;
}

/** The attributes, or what there is of them: a null value is none (`StandardSession.setAttribute`). */
class NamedCuts {
  readonly #names: InternedText[] = [];
  /** Numbers of their values among all that were cut out. */
  readonly #cuts: number[] = [];

  constructor(input: QuickInput) {
    for (let left = readCount(input); left > 0; left--) {
      this.#names.push(input.readNameObject());
      this.#cuts.push(cutOrNone(input));
    }
    if (this.#hasTwice()) {
      input.giveUp();
    }
  }

  /** @param cuts everything that was cut out. */
  groups(cuts: readonly Buffer[]): ShareGroup[] {
    const groups: ShareGroup[] = [];
    for (let i = 0; i < this.#names.length; i++) {
      const cut = this.#cuts[i] as number;
      if (cut !== NONE) {
        groups.push({ names: (this.#names[i] as InternedText).alone, stream: cuts[cut] as Buffer });
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
